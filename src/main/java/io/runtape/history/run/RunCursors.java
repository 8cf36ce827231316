package io.runtape.history.run;

import io.runtape.access.CursorSeal;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.facet.Place;
import io.runtape.facet.RunOrder;
import io.runtape.facet.RunOrder.By;
import io.runtape.history.Cursor;
import io.runtape.history.PageParameters;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.regex.Pattern;

/** The cursors of lists of runs. A run's key is sealed in them. Safe for any thread. */
@Singleton
final class RunCursors {

    /** The listing of the newest runs, as cursors name it. */
    private static final String NEWEST = "runs";

    /** Stands for a value that is not known. */
    private static final String UNKNOWN = "-";

    private static final Pattern PLAIN = Pattern.compile("-?[0-9]{1,19}");

    private final CursorSeal seal;

    RunCursors(CursorSeal seal) {
        this.seal = seal;
    }

    /**
     * The place at which a page begins; empty for the first page.
     *
     * @throws ApiException 400 if the cursor is of another listing or owner, or of the same in another order
     */
    Optional<Place> after(Owner owner, PageParameters page, RunOrder order) {
        return page.cursor(listing(order), 2).map(cursor -> {
            boolean unknown = order.by() != By.CREATED_AT && cursor.text(0).equals(UNKNOWN);
            if (order.by() == By.CREATED_AT) {
                // Checks that the database can take it.
                cursor.time(0);
            }
            return new Place(unknown ? null : cursor.number(0), runPk(owner, cursor));
        });
    }

    private long runPk(Owner owner, Cursor cursor) {
        String sealed = cursor.text(1);
        // Gateways of earlier versions write the number, which tells nothing to whoever has it already.
        return PLAIN.matcher(sealed).matches()
                ? cursor.number(1)
                : seal.opened(owner, sealed).orElseThrow(Cursor::bad);
    }

    /** The cursor that leads behind a place. */
    String leadingBehind(Owner owner, Place place, RunOrder order) {
        Long value = place.value();
        return Cursor.write(listing(order), value == null ? UNKNOWN : value, seal.sealed(owner, place.runPk()));
    }

    private static String listing(RunOrder order) {
        return order.equals(RunOrder.NEWEST)
                ? NEWEST
                : NEWEST + " by " + order.by() + (order.descending() ? " desc" : " asc");
    }
}
