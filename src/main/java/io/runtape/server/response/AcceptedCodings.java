package io.runtape.server.response;

import java.util.List;
import java.util.Locale;

/**
 * What a request's {@code Accept-Encoding} says of gzip, the only coding of the gateway's responses (RFC 9110, section
 * 12.5.3).
 */
final class AcceptedCodings {

    private static final double UNSAID = -1;

    private double gzip = UNSAID;
    private double any = UNSAID;
    private double identity = UNSAID;

    private AcceptedCodings() {}

    /** Whether the client prefers gzip. Without a preference the body stays as it is. */
    static boolean preferGzip(List<String> headers) {
        AcceptedCodings accepted = new AcceptedCodings();
        for (String header : headers) {
            for (String each : header.split(",")) {
                accepted.read(each);
            }
        }
        double weight = accepted.gzip == UNSAID ? accepted.any : accepted.gzip;
        return weight > 0 && weight >= accepted.identity;
    }

    private void read(String item) {
        String[] parts = item.split(";", 2);
        double weight = parts.length == 1 ? 1 : weight(parts[1].strip());
        switch (parts[0].strip().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> gzip = Math.max(gzip, weight);
            case "*" -> any = weight;
            case "identity" -> identity = weight;
            default -> {
                // Another coding, which the gateway does not use.
            }
        }
    }

    /** An unreadable weight counts as 0: every client can read the uncompressed body. */
    private static double weight(String parameter) {
        if (!parameter.regionMatches(true, 0, "q=", 0, 2)) {
            return 0;
        }
        try {
            double weight = Double.parseDouble(parameter.substring(2));
            return weight >= 0 && weight <= 1 ? weight : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
