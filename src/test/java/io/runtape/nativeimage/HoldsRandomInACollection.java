package io.runtape.nativeimage;

import java.util.List;
import java.util.Map;
import java.util.Random;

final class HoldsRandomInACollection {

    static final Map<String, List<Object>> SEVERAL = Map.of("one", List.of("harmless", new Random()));

    private HoldsRandomInACollection() {}
}
