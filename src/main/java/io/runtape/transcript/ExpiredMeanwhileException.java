package io.runtape.transcript;

/** The frames of a run were deleted while its transcript was made of them: it is made anew, of what is kept. */
final class ExpiredMeanwhileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExpiredMeanwhileException() {
        super("the frames were deleted meanwhile", null, false, false);
    }
}
