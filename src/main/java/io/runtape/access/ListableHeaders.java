package io.runtape.access;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The headers that an operator may list in a setting.
 *
 * @param not the names, in lower case, of those that may not be listed
 * @param notBelow how the names of others begin that may not be listed, in lower case
 */
public record ListableHeaders(Set<String> not, List<String> notBelow) {

    /** RFC 9110, section 5.6.2. */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

    /** Whether this, in any case, is the name of a header that may be listed. */
    public boolean allow(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return TOKEN.matcher(name).matches()
                && !not.contains(lower)
                && notBelow.stream().noneMatch(lower::startsWith);
    }
}
