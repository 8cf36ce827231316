package io.runtape;

import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/** The tests that start no application: those of one class or a few, of the docs, and of the code itself. */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns(".*(?<!H2)(?<!Postgres)Test")
class WithoutApplicationSuite {}
