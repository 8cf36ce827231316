package io.runtape.server.names;

import java.util.regex.Pattern;

/**
 * Variables that Kubernetes puts into each container for each service: a service called {@code runtape} brings
 * {@code RUNTAPE_SERVICE_HOST}, {@code RUNTAPE_PORT_8080_TCP} and more. Nobody wrote them, so they are not
 * misspellings.
 */
final class ServiceLinks {

    private static final Pattern BY_NAME =
            Pattern.compile("RUNTAPE_([A-Z0-9_]+_)?(SERVICE_HOST|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

    private static final Pattern PORT_NUMBER = Pattern.compile("RUNTAPE_([A-Z0-9_]+_)?SERVICE_PORT(_[A-Z0-9_]+)?");

    /** An operator may mean something else by the name, but not with such a value. */
    private static final Pattern ADDRESS = Pattern.compile("RUNTAPE_([A-Z0-9_]+_)?PORT");

    private static final Pattern ADDRESS_VALUE = Pattern.compile("(tcp|udp|sctp)://.+");

    private ServiceLinks() {}

    static boolean isOne(String variable, String value) {
        return BY_NAME.matcher(variable).matches()
                || PORT_NUMBER.matcher(variable).matches() && value.matches("[0-9]{1,5}")
                || ADDRESS.matcher(variable).matches()
                        && ADDRESS_VALUE.matcher(value).matches();
    }
}
