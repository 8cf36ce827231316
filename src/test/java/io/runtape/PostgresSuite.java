package io.runtape;

import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/** All other unit tests: those of the gateway on PostgreSQL, and those that need no gateway. */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns(".*(?<!H2)Test")
class PostgresSuite {}
