package io.runtape;

import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/** The tests of the application on H2, those among them whose database plays no part. */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns(".*H2Test")
class H2Suite {}
