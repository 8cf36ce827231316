/** Callers who mean harm, or do it by mistake, against a gateway in a process of its own. */
package io.runtape.hostile;
