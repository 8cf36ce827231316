package io.runtape.transcript;

import java.io.IOException;
import java.io.Writer;

/**
 * Writes pages of HTML that show what was recorded. Everything recorded is text in them, and nothing becomes a link or an
 * image. Confined to one thread.
 */
public final class HtmlPieces {

    private final Writer page;

    /** For what was recorded. */
    private final Writer text;

    /** @param page gets the page; this neither flushes nor closes it */
    public HtmlPieces(Writer page) {
        this.page = page;
        this.text = new HtmlText(page);
    }

    /**
     * Begins the page, up to its content.
     *
     * @param title as it was recorded
     */
    public void begin(String title, HtmlStyle style) throws IOException {
        markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        markup("<meta http-equiv=\"Content-Security-Policy\" content=\"" + style.policyOfPage() + "\">\n");
        markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        markup("<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
        line(title);
        markup("</title>\n<style>" + style.sheet() + "</style>\n</head>\n<body>\n<main>\n");
    }

    /** Ends the page. */
    public void end() throws IOException {
        markup("</main>\n</body>\n</html>\n");
    }

    /** Writes this as it is: nothing in it may be recorded. */
    public void markup(String markup) throws IOException {
        page.write(markup);
    }

    /** A recorded text of any number of lines. The browser drops a line end that comes first, and takes the direction from the text. */
    public void lines(String recorded) throws IOException {
        markup("<pre dir=\"auto\">\n");
        run(recorded);
        markup("</pre>\n");
    }

    /** A piece of a recorded text within such lines. */
    public void run(String recorded) throws IOException {
        ShownText.write(recorded, text);
    }

    /** A recorded name, in one line. */
    public void name(String recorded) throws IOException {
        markup("<bdi>");
        line(recorded);
        markup("</bdi>");
    }

    /** A recorded name of the kind that programs have; nothing for an empty one. */
    public void code(String recorded) throws IOException {
        if (!recorded.isEmpty()) {
            markup("<code>");
            name(recorded);
            markup("</code>");
        }
    }

    private void line(String recorded) throws IOException {
        text.write(ShownText.line(recorded));
    }
}
