package io.runtape.error;

import java.util.Collection;

/** The methods and media types of a path, so that a refusal of others can name them. */
public interface ServedTypes {

    /** The methods of calls to this path; empty if the path is unknown. */
    Collection<String> methods(String path);

    /** The media types of the call's responses; empty if the path is unknown. */
    Collection<String> answers(String method, String path);

    /** The media types of bodies that the call reads; empty if it reads none or the path is unknown. */
    Collection<String> bodies(String method, String path);
}
