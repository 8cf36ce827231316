package io.runtape.search;

import java.util.List;

/** Texts, what is searched for, and whether it is found: the same on every database. */
final class SearchCases {

    private SearchCases() {}

    /** A case. */
    record Case(String text, String query, boolean found) {}

    private static Case finds(String text, String query) {
        return new Case(text, query, true);
    }

    private static Case misses(String text, String query) {
        return new Case(text, query, false);
    }

    static final List<Case> ALL = List.of(
            // Words
            finds("The test suite is green.", "green"),
            finds("The test suite is green.", "GREEN suite"),
            finds("The test suite is green.", "suite the"),
            misses("The test suite is green.", "gree"),
            misses("The test suite is green.", "green red"),
            finds("src/main/java/Words.java:42", "words java 42"),
            finds("call my_function(x)", "function"),
            finds("call my_function(x)", "my_function"),
            misses("call function_my(x)", "my_function"),
            finds("costs 3.50 now", "3.50"),
            misses("costs 3 or 50", "3.50"),
            // Phrases
            finds("The test suite is green.", "\"suite is green\""),
            misses("The test suite is green.", "\"suite green\""),
            finds("one\ntwo", "\"one two\""),
            finds("one, two", "\"ONE  two\""),
            // Spaces that text from a page has
            finds("one and two", "two\u00a0one"),
            finds("one and two", "two\u202f\u3000on*\u2007"),
            misses("one and two", "one\u00a0-two"),
            // Beginnings
            finds("The test suite is green.", "sui*"),
            finds("The test suite is green.", "suite*"),
            misses("The test suite is green.", "suites*"),
            misses("The test suite is green.", "uite*"),
            finds("I don't know", "don't*"),
            finds("costs 3.50 now", "3.5*"),
            misses("costs 3.60 now", "3.5*"),
            finds("see v1.2.3", "v1.2*"),
            misses("see v1, then 3.2", "v1.2*"),
            // What must not occur
            finds("The test suite is green.", "suite -red"),
            misses("The test suite is green.", "suite -green"),
            misses("The test suite is green.", "suite -gr*"),
            misses("The test suite is green.", "green -\"test suite\""),
            finds("The test suite is green.", "green -\"suite test\""),
            finds("well-known", "well-known"),
            // Case and accents
            finds("Crème brûlée", "creme BRULEE"),
            finds("Creme brulee", "crème"),
            finds("Cre\u0300me", "crème"),
            finds("Straße", "STRASSE"),
            finds("MÜLLER", "müller"),
            finds("ΣΊΣΥΦΟΣ", "σίσυφος"),
            finds("Ёлка", "елка"),
            finds("İstanbul", "istanbul"),
            finds("Việt Nam", "viet nam"),
            finds("ﬁne ① ＦＵＬＬ", "fine full 1"),
            finds("Śląsk żółw", "slask"),
            finds("Łódź", "łodz"),
            misses("Łódź", "lodz"),
            misses("smørrebrød", "smorrebrod"),
            finds("Java™ and x①", "javatm x1"),
            misses("Java™ and x①", "java"),
            finds("हिन्दी भाषा", "हिन्दी"),
            misses("हिन्दी भाषा", "हिन्द"),
            finds("한국어 문서", "한국어"),
            finds("한국어를 배운다", "한국어*"),
            // Composed of pieces, as some file systems write names, and found as they are typed
            finds("\u1112\u1161\u11ab\u1100\u1173\u11af.txt", "한글"),
            finds("한글.txt", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
            misses("\u1112\u1161\u11ab\u1100\u1173\u11af.txt", "하글"),
            finds("\u0995\u09c7\u09be\u09a5\u09be\u09af\u09bc", "\u0995\u09cb\u09a5\u09be\u09af\u09bc"),
            // Arabic and Hebrew
            finds("مرحبا بالعالم", "بالعالم"),
            finds("مَرْحَبًا بالعالم", "مرحبا"),
            finds("أحمد قرأ الكتاب", "احمد"),
            finds("الكتـــاب", "الكتاب"),
            misses("مرحبا بالعالم", "كتاب"),
            finds("שָׁלוֹם עולם", "שלום"),
            // Scripts without spaces
            finds("今天天气很好", "天气"),
            finds("今天天气很好", "天气很"),
            finds("今天天气很好", "好"),
            finds("今天天气很好", "今"),
            misses("今天天气很好", "天好"),
            misses("今天天气很好", "明天"),
            misses("东京和京都", "东京都"),
            finds("東京都に行きました", "東京都"),
            finds("東京都に行きました", "行きました"),
            finds("東京都に行きました", "\"東京\" -大阪"),
            finds("ﾃｽﾄは成功", "テスト"),
            finds("ｶﾞｲﾄﾞ", "ガイド"),
            misses("カイト", "ガイト"),
            finds("コンピューター", "ピュータ"),
            finds("สวัสดีชาวโลก", "ชาว"),
            misses("สวัสดีชาวโลก", "ลาว"),
            finds("日本語とEnglishの混在", "english"),
            finds("日本語とEnglishの混在", "日本語 english"),
            finds("日本語とEnglishの混在", "とenglish"),
            finds("Version2の新機能", "version2"),
            // Symbols
            finds("Done 🎉 at last", "🎉"),
            misses("Done 🎉 at last", "🚀"),
            finds("👍🏽 good", "👍"),
            finds("C++ & C#", "c"),
            finds("\ud800broken half", "broken"));
}
