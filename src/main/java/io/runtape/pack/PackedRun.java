package io.runtape.pack;

/**
 * What became of a run that was packed.
 *
 * @param frames how many frames it has
 * @param bytes how many bytes they have together
 * @param packedBytes how many bytes the packed blocks have
 */
record PackedRun(long frames, long bytes, long packedBytes) {}
