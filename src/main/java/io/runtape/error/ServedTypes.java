package io.runtape.error;

import java.util.Collection;

/** Which methods and media types there are at a path, so that a refusal of others can name them. */
public interface ServedTypes {

    /** The methods of calls to this path; empty where it is not known. */
    Collection<String> methods(String path);

    /** Those that the call can be answered in; empty where the path is not known. */
    Collection<String> answers(String method, String path);

    /** Those of bodies that the call reads; empty where it reads none or the path is not known. */
    Collection<String> bodies(String method, String path);
}
