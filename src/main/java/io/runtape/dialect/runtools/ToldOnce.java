package io.runtape.dialect.runtools;

import io.runtape.dialect.Part;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What one message of the agent tells once, although several events may report it. Confined to one thread. */
final class ToldOnce {

    private final Set<String> paths = new HashSet<>();
    private final Set<String> addresses = new HashSet<>();
    private final Map<String, Set<String>> errors = new HashMap<>();

    /** Takes a part of the message. */
    void add(Part part) {
        if (part instanceof Part.ErrorPart error) {
            errors.computeIfAbsent(error.code(), code -> new HashSet<>()).add(error.message());
        } else if (part instanceof Part.FilePart file) {
            if (file.path() != null) {
                paths.add(file.path());
            }
            if (file.url() != null) {
                addresses.add(file.url());
            }
        }
    }

    boolean hasPath(String path) {
        return paths.contains(path);
    }

    boolean hasAddress(String url) {
        return addresses.contains(url);
    }

    boolean has(Part.ErrorPart error) {
        return errors.getOrDefault(error.code(), Set.of()).contains(error.message());
    }
}
