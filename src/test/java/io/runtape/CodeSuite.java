package io.runtape;

import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/**
 * The tests that start no application, but for those of {@link StreamsSuite}: tests of one class or a few, of the docs, and of the
 * code itself.
 */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns("(?!" + StreamsSuite.PACKAGES + ")" + CodeSuite.CLASSES)
class CodeSuite {

    static final String CLASSES = ".*(?<!H2)(?<!Postgres)Test";
}
