package io.runtape.access;

/**
 * The caller that a run and its history belong to. The id is opaque: it reveals nothing about the credential.
 *
 * @param id {@code anonymous}, {@code cassettes}, or {@code c-} and 32 hexadecimal digits
 */
public record Owner(String id) {
    /** The owner of all calls without a credential. */
    public static final Owner ANONYMOUS = new Owner("anonymous");

    /** The owner of the runs of cassettes, whom no credential makes. They are no history: retention leaves them alone. */
    public static final Owner CASSETTES = new Owner("cassettes");

    public Owner {
        if (id.isBlank()) {
            throw new IllegalArgumentException("An owner needs an id");
        }
    }
}
