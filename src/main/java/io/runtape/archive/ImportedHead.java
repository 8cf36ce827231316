package io.runtape.archive;

import org.jspecify.annotations.Nullable;

/**
 * The head of the response to an imported run.
 *
 * @param status its status
 * @param headers its headers, a JSON list of name and value pairs
 * @param offsetMicros when it came, in microseconds after the call; null if that is not known
 */
record ImportedHead(
        @Nullable Integer status,
        @Nullable String headers,
        @Nullable Long offsetMicros) {

    /** No response came. */
    static final ImportedHead NONE = new ImportedHead(null, null, null);

    /** @throws DamagedRunException if the line has something else */
    static ImportedHead of(ArchiveLine line) {
        Long status = line.numberOrNull("status", 100, 999);
        String headers = line.jsonOrNull("headers");
        if (headers != null && !headers.startsWith("[")) {
            throw new DamagedRunException("headers must be a list of pairs");
        }
        return new ImportedHead(
                status == null ? null : status.intValue(),
                headers,
                line.numberOrNull("offsetUs", 0, ArchiveImport.OFFSET_MICROS_MAX));
    }
}
