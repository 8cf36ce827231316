package io.runtape;

import io.runtape.testsupport.LeftTime;
import org.junit.platform.suite.api.BeforeSuite;
import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/** Those of {@link CodeSuite} that read many streams and migrations: about half of its time. */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns(StreamsSuite.PACKAGES + CodeSuite.CLASSES)
class StreamsSuite {

    static final String PACKAGES = "io\\.runtape\\.(dialect|search|sse|store)\\.";

    @BeforeSuite
    static void leaveTheProcessors() {
        LeftTime.take();
    }
}
