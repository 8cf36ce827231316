package io.runtape.server.memory;

import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A list for a response: it can be read once, from its beginning, and drops each element as it returns it. The
 * framework holds a response as long as its connection lives, long after writing it, and responses may hold megabytes.
 * Confined to one thread at a time.
 *
 * @param <T> the type of the elements
 */
public final class ReadOnceList<T> extends AbstractList<T> {

    private final @Nullable Object[] elements;

    private ReadOnceList(@Nullable Object[] elements) {
        this.elements = elements;
    }

    /** The elements of that list, without holding the list. */
    public static <T> List<T> of(List<T> list) {
        return new ReadOnceList<>(list.toArray());
    }

    @Override
    @SuppressWarnings("unchecked") // Only such elements were put in.
    public T get(int index) {
        Object element = elements[index];
        if (element == null) {
            throw new NoSuchElementException("element " + index + " was handed out");
        }
        return (T) element;
    }

    @Override
    public int size() {
        return elements.length;
    }

    @Override
    public Iterator<T> iterator() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < elements.length;
            }

            @Override
            public T next() {
                T element = get(next);
                elements[next++] = null;
                return element;
            }
        };
    }
}
