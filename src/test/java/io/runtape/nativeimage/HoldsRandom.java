package io.runtape.nativeimage;

import java.security.SecureRandom;

final class HoldsRandom {

    static final SecureRandom RANDOM = new SecureRandom();

    private HoldsRandom() {}
}
