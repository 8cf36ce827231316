/** What tests of the running gateway share: databases, a scripted agent API, a client that sees the wire, the journal's rows. */
package io.runtape.testsupport;
