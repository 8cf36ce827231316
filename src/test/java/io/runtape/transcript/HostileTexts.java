package io.runtape.transcript;

import java.util.List;

/** Texts that try to be more than text, in HTML, in Markdown, on a terminal or in the reader's eye. */
public final class HostileTexts {

    /** What a script of theirs would leave behind in a browser. */
    public static final String MARK = "broken-in";

    public static final List<String> ALL = List.of(
            "<script>document.title='" + MARK + "'</script>",
            "</pre></details></article><script>document.title='" + MARK + "'</script>",
            "</title></style><script>document.title='" + MARK + "'</script>",
            "<img src=x onerror=\"document.title='" + MARK + "'\">",
            "<svg/onload=document.title='" + MARK + "'>",
            "\"><iframe srcdoc=\"<script>top.document.title='" + MARK + "'</script>\"></iframe>",
            "' onmouseover='document.title=1' x='",
            "<a href=\"javascript:document.title='" + MARK + "'\">click</a>",
            "<base href=\"http://127.0.0.1:9/\"><meta http-equiv=refresh content=\"0;url=http://127.0.0.1:9/\">",
            "<style>body{display:none}@import 'http://127.0.0.1:9/x.css';</style>",
            "<form action=http://127.0.0.1:9/><input autofocus onfocus=document.title='" + MARK + "'>",
            "<!-- <![CDATA[ ]]> --!> &lt;script&gt; &#60;script&#62; &amp;",
            "<details open ontoggle=document.title='" + MARK + "'>",
            "![image](http://127.0.0.1:9/x.png) [link](javascript:document.title='" + MARK + "')",
            "data:text/html,<script>document.title='" + MARK + "'</script>",
            "# Heading\n\nSetext\n======\n\n- list\n\n> quote\n\n---\n\n| a | b |\n| - | - |",
            "```\ncode\n```\n\n# Outside?\n\n````text\nlonger\n````\n\n~~~\ntildes\n~~~",
            "``````````",
            "`` ` ``",
            "</details>\n\n<!--\n\n# In a comment",
            "\u001b[31mred\u001b[0m \u001b]8;;http://127.0.0.1:9/\u0007link\u001b]8;;\u0007 \u001b[2J \u009b31m \b\u007f",
            "access\u202egpj.exe\u202c \u2066isolated\u2069 \u202dleft",
            "nul \u0000, lone \ud83d and \ude00, noncharacter \uffff, bom \ufeff, lines \u2028 \u2029 \u0085",
            "one\rtwo\r\nthree\n\nfive",
            "\nbegins with a line end",
            "x".repeat(100_000),
            "العربية and עברית and 漢字 and 😀");

    private HostileTexts() {}
}
