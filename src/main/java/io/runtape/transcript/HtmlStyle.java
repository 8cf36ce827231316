package io.runtape.transcript;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * How a page of HTML looks, and what a browser may do with it.
 *
 * @param sheet the style sheet, the only one. It is within the page, so that a saved page looks the same
 */
public record HtmlStyle(String sheet) {

    /** How transcripts look. */
    public static final HtmlStyle TRANSCRIPT = new HtmlStyle("""

            :root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --page: #fff; --block: #f6f8fa; --line: #d1d9e0;
              --user: #0969da; --assistant: #1a7f37; --bad: #cf222e; --bad-block: #fff1f0; --open: #9a6700; }
            @media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9198a1; --page: #0d1117; --block: #161b22;
              --line: #3d444d; --user: #58a6ff; --assistant: #3fb950; --bad: #ff7b72; --bad-block: #2d1214; --open: #d29922; } }
            * { box-sizing: border-box; }
            body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
            main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
            h1, h2 { line-height: 1.25; overflow-wrap: anywhere; }
            h1 { font-size: 1.5rem; }
            h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
            h3 { font-size: 1rem; margin: 0 0 .25rem; }
            h3 time { font-weight: normal; font-size: .85rem; color: var(--soft); margin-left: .5rem; }
            h4 { font-size: .85rem; margin: .5rem 0 .25rem; color: var(--soft); }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 0 1.5rem; font-size: .9rem; }
            dt { color: var(--soft); }
            dd { margin: 0; overflow-wrap: anywhere; }
            article { margin: 1.5rem 0; padding-left: 1rem; border-left: .25rem solid var(--line); }
            .user { border-color: var(--user); }
            .assistant { border-color: var(--assistant); }
            pre { margin: .25rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; unicode-bidi: isolate; }
            code, bdi { overflow-wrap: anywhere; }
            code, details pre, .file pre { font: .85rem/1.45 ui-monospace, monospace; }
            details, .file { margin: .5rem 0; padding: .35rem .75rem; background: var(--block); border: 1px solid var(--line);
              border-radius: .375rem; }
            summary { cursor: pointer; font-size: .9rem; overflow-wrap: anywhere; }
            .error { margin: .5rem 0; padding: .5rem .75rem; background: var(--bad-block); border: 2px solid var(--bad);
              border-radius: .375rem; }
            .error strong, .bad { color: var(--bad); font-weight: bold; }
            .failed { border-color: var(--bad); }
            .open { color: var(--open); font-style: italic; font-size: .9rem; margin: .25rem 0; }
            @media print {
              :root { color-scheme: light; --text: #000; --soft: #444; --page: #fff; --block: #fff; --line: #999; --user: #0550ae;
                --assistant: #116329; --bad: #a40e26; --bad-block: #fff; --open: #7d4e00; }
              main { max-width: none; padding: 0; }
              h2, h3, summary { break-after: avoid; }
              details::details-content { content-visibility: visible; block-size: auto; }
            }
            """);

    /** The same with further rules. */
    public HtmlStyle with(String rules) {
        return new HtmlStyle(sheet + rules);
    }

    /** For a page that was saved as well: nothing is loaded, nothing runs, nothing is sent. */
    public String policyOfPage() {
        return "default-src 'none'; style-src 'sha256-" + sha256(sheet) + "'; base-uri 'none'; form-action 'none'";
    }

    /** For the response: nobody frames it either, and it has no origin, as if from nowhere. */
    public String policy() {
        return policyOfPage() + "; frame-ancestors 'none'; sandbox";
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
