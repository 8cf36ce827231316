package io.runtape;

import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/**
 * The tests that run on both databases, on H2. The build runs each suite in a process of its own, both at the same time: all tests of
 * one database in one process, since a change of the database is a new start of the application.
 */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns(".*H2Test")
class H2Suite {}
