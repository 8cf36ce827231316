package io.runtape.nativeimage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

final class HoldsOpenFile {

    static final FileChannel FILE = open();

    private HoldsOpenFile() {}

    private static FileChannel open() {
        try {
            return FileChannel.open(Path.of("pom.xml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
