package io.runtape.access;

/**
 * The caller that a run and its history belong to. The id is opaque: it reveals nothing about the credential.
 *
 * @param id {@code anonymous}, or {@code c-} and 32 hexadecimal digits
 */
public record Owner(String id) {
    /** The owner of all calls without a credential. */
    public static final Owner ANONYMOUS = new Owner("anonymous");

    public Owner {
        if (id.isBlank()) {
            throw new IllegalArgumentException("An owner needs an id");
        }
    }
}
