package io.runtape;

import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/** All other unit tests: those that run on both databases, on PostgreSQL, and those that need one of them or none. */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns(".*(?<!H2)Test")
class PostgresSuite {}
