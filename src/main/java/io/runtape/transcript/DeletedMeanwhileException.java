package io.runtape.transcript;

/** A run, or its frames, were deleted while a transcript was made of them: it is made anew, of what is left. */
final class DeletedMeanwhileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DeletedMeanwhileException() {
        super("the frames were deleted meanwhile", null, false, false);
    }
}
