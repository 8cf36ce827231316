package io.runtape.access;

/**
 * Whose history a run belongs to. The id is opaque: it tells nothing about the credential that it was made from.
 *
 * @param id {@code anonymous}, or {@code c-} and 32 hexadecimal digits
 */
public record Owner(String id) {
    /** Whoever brings no credential. */
    public static final Owner ANONYMOUS = new Owner("anonymous");

    public Owner {
        if (id.isBlank()) {
            throw new IllegalArgumentException("An owner needs an id");
        }
    }
}
