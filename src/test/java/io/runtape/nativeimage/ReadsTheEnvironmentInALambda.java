package io.runtape.nativeimage;

import java.util.List;
import java.util.stream.Stream;

final class ReadsTheEnvironmentInALambda {

    static final List<String> VALUES =
            Stream.of("HOME").map(name -> System.getenv(name)).toList();

    private ReadsTheEnvironmentInALambda() {}
}
