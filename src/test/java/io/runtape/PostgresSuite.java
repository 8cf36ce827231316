package io.runtape;

import org.junit.platform.suite.api.IncludeClassNamePatterns;
import org.junit.platform.suite.api.SelectPackages;
import org.junit.platform.suite.api.Suite;

/**
 * The tests of the application on PostgreSQL. The build runs each suite in a process of its own: all tests of one database
 * in one process, since a change of the database is a new start of the application.
 */
@Suite
@SelectPackages("io.runtape")
@IncludeClassNamePatterns(".*PostgresTest")
class PostgresSuite {}
