package io.runtape.dialect;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** With which event of its run each part of a transcript began. Confined to one thread. */
public final class PartPlaces {

    private final LongSupplier present;
    private final Map<PartDraft, Long> begun = new IdentityHashMap<>();
    private final Map<Part, Long> places = new IdentityHashMap<>();

    /** @param present the sequence of the event that is being read */
    public PartPlaces(LongSupplier present) {
        this.present = present;
    }

    /** Those of a transcript that nobody asks about. */
    public static PartPlaces unasked() {
        return new PartPlaces(() -> 0);
    }

    /** A part begins with the present event; returns its draft. */
    public <T extends PartDraft> T begin(T draft) {
        begun.put(draft, present.getAsLong());
        return draft;
    }

    /** What the draft has become. */
    public Part made(PartDraft draft) {
        Part part = draft.part();
        places.put(part, begun.getOrDefault(draft, 0L));
        return part;
    }

    /** The present event is this part. */
    Part whole(Part part) {
        places.put(part, present.getAsLong());
        return part;
    }

    /** The sequence of the event that began exactly this part; 0 if that is not known. */
    public long of(Part part) {
        return places.getOrDefault(part, 0L);
    }
}
