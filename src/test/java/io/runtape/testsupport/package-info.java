/**
 * What tests share. Of the running gateway: databases, a scripted agent API, a client that sees the wire, the journal's rows. Of the core
 * by hand: an event loop, a thread and a store that go on when a test says so.
 */
package io.runtape.testsupport;
