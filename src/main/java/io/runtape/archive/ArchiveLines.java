package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.history.JsonText;
import io.runtape.run.AgentThread;
import io.runtape.run.RecordedFrame;
import io.runtape.run.RecordedRequest;
import io.runtape.run.Run;
import io.runtape.run.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Writes the lines of an archive (docs/guides/archive.md). Confined to one thread at a time. */
final class ArchiveLines {

    /** Up to so many bytes, UTF-8 is always written as text: escaped it is six times as long at most, and a line has room for that. */
    private static final int TEXT_BYTES = 1 << 20;

    private final ObjectMapper json;
    private final @Nullable Redaction redaction;
    private final @Nullable RedactedJson redactedJson;
    private final CharsetDecoder utf8 = UTF_8.newDecoder();
    private ByteArrayOutputStream lines = new ByteArrayOutputStream();

    /** Of the run that is being written. */
    private Sha256 check = new Sha256();

    /**
     * @param json writes times and JSON texts as all responses have them
     * @param redaction what the lines leave out; null for nothing
     */
    ArchiveLines(ObjectMapper json, @Nullable Redaction redaction) {
        this.json = json;
        this.redaction = redaction;
        this.redactedJson = redaction == null ? null : new RedactedJson(redaction);
    }

    /** How many bytes the lines have that were not taken yet. */
    int size() {
        return lines.size();
    }

    /** Takes the lines so far. */
    byte[] take() {
        byte[] taken = lines.toByteArray();
        // The old one would stay as large as the longest line for as long as the client reads.
        lines = new ByteArrayOutputStream();
        return taken;
    }

    /** The members of a line. */
    @FunctionalInterface
    private interface Members {
        void write(JsonGenerator to) throws IOException;
    }

    private void line(String what, Members members) throws IOException {
        Line line = new Line();
        try (JsonGenerator to = json.getFactory().createGenerator(line)) {
            to.writeStartObject();
            to.writeStringField(ArchiveFormat.LINE, what);
            members.write(to);
            to.writeEndObject();
        }
        line.end();
    }

    /** Writes a line, and takes what the digest needs of it on the way. */
    private final class Line extends OutputStream {

        @Override
        public void write(int next) {
            lines.write(next);
            check.add(next);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            lines.write(bytes, from, length);
            check.add(bytes, from, length);
        }

        void end() {
            write('\n');
        }
    }

    void begin() throws IOException {
        line(ArchiveFormat.ARCHIVE, to -> {
            to.writeStringField("format", ArchiveFormat.NAME);
            to.writeNumberField("version", ArchiveFormat.VERSION);
        });
    }

    /** @param thread the run's thread; null if it has none */
    void run(Run run, @Nullable AgentThread thread) throws IOException {
        check = new Sha256();
        line(ArchiveFormat.RUN, to -> {
            to.writeStringField("id", run.id);
            to.writeStringField("threadId", run.threadId);
            to.writeFieldName("thread");
            if (thread == null || run.threadOrdinal == null) {
                to.writeNull();
            } else {
                thread(to, thread, run.threadOrdinal);
            }
            text(to, "agent", run.agent);
            to.writeStringField("path", run.path);
            to.writeStringField("upstream", run.upstream);
            to.writeStringField("status", run.status);
            to.writeStringField("reason", run.reason);
            to.writeBooleanField("cut", run.cut);
            to.writeBooleanField("stream", run.stream);
            text(to, "prompt", run.prompt);
            json(to, "metadata", run.metadata, RedactedJson.Kind.OBJECT);
            json(to, "config", run.config, RedactedJson.Kind.OBJECT);
            json(to, "result", run.result, RedactedJson.Kind.VALUE);
            json(to, "usage", run.usage, RedactedJson.Kind.COUNTS);
            number(to, "iterations", run.iterations);
            json(to, "error", run.error, RedactedJson.Kind.VALUE);
            text(to, "model", run.model);
            text(to, "finishReason", run.finishReason);
            to.writeStringField("dialect", run.dialect);
            text(to, "upstreamRunId", run.upstreamRunId);
            // What is left out changes it: then the last line alone has one.
            text(to, "digest", run.digest == null || redaction != null ? null : ArchiveFormat.SHA_256 + run.digest);
            to.writeNumberField("eventCount", run.eventCount);
            to.writeNumberField("frameCount", run.frameCount);
            to.writeNumberField("byteCount", run.byteCount);
            time(to, "createdAt", run.createdAt);
            time(to, "firstEventAt", run.firstEventAt);
            time(to, "completedAt", run.completedAt);
        });
    }

    private void thread(JsonGenerator to, AgentThread thread, long ordinal) throws IOException {
        to.writeStartObject();
        to.writeNumberField("ordinal", ordinal);
        text(to, "title", thread.title);
        text(to, "agent", thread.agent);
        to.writeBooleanField("archived", thread.archived);
        time(to, "createdAt", thread.createdAt);
        time(to, "updatedAt", thread.updatedAt);
        to.writeEndObject();
    }

    void request(String run, RecordedRequest request) throws IOException {
        line(ArchiveFormat.REQUEST, to -> {
            to.writeStringField("run", run);
            text(to, "type", request.type());
            bytes(to, request.body());
        });
    }

    /** The head of the run's response; no line if none came. */
    void head(Run run) throws IOException {
        if (run.upstreamStatus == null && run.responseHeaders == null) {
            return;
        }
        line(ArchiveFormat.HEAD, to -> {
            to.writeStringField("run", run.id);
            number(to, "status", run.upstreamStatus);
            number(to, "offsetUs", run.headMicros);
            json(to, "headers", run.responseHeaders, RedactedJson.Kind.PAIRS);
        });
    }

    void frame(String run, RecordedFrame frame) throws IOException {
        line(ArchiveFormat.FRAME, to -> {
            to.writeStringField("run", run);
            to.writeNumberField("sequence", frame.sequence());
            to.writeNumberField("offsetUs", frame.offsetMicros());
            to.writeStringField("kind", frame.kind().label());
            if (frame.type() != null) {
                text(to, "type", frame.type());
            }
            if (frame.parts() > 0) {
                to.writeNumberField("parts", frame.parts());
            }
            if (!frame.lastEventId().isEmpty()) {
                text(to, "id", frame.lastEventId());
            }
            if (frame.idSetBy() > 0) {
                to.writeNumberField("idSetBy", frame.idSetBy());
            }
            bytes(to, frame.bytes());
        });
    }

    /**
     * @param frames how many frames the archive has of the run
     * @param digest the digest of their bytes, in hexadecimal digits
     * @param cursor goes on behind the run; null if nothing can follow
     */
    void end(String run, long frames, String digest, @Nullable String cursor) throws IOException {
        String checked = check.hex();
        check = new Sha256();
        line(ArchiveFormat.END, to -> {
            to.writeStringField("run", run);
            to.writeNumberField("frames", frames);
            to.writeStringField("digest", ArchiveFormat.SHA_256 + digest);
            if (redaction == null) {
                // People read what is redacted, and may leave out more.
                to.writeStringField(ArchiveFormat.CHECK, ArchiveFormat.SHA_256 + checked);
            }
            text(to, "cursor", cursor);
        });
    }

    /**
     * @param runs how many runs the archive has
     * @param leftOut how many others were asked for
     */
    void endOfArchive(long runs, long leftOut) throws IOException {
        line(ArchiveFormat.ARCHIVE_END, to -> {
            to.writeNumberField("runs", runs);
            to.writeNumberField("leftOut", leftOut);
        });
    }

    /**
     * Text where the bytes are UTF-8, which can be read and searched, and is mostly shorter. Otherwise base64, and so where many
     * characters of a long text would have to be escaped: no import takes so long a line.
     */
    private void bytes(JsonGenerator to, byte[] whole) throws IOException {
        byte[] bytes = shown(whole);
        @Nullable String text = decoded(bytes);
        if (text == null || bytes.length > TEXT_BYTES && escapes(bytes) > bytes.length / 3) {
            to.writeBinaryField("base64", bytes);
        } else {
            to.writeStringField("text", text);
        }
    }

    /** How many bytes JSON adds to a text of these to escape it. */
    private static long escapes(byte[] utf8) {
        long more = 0;
        for (byte each : utf8) {
            more += escape(each);
        }
        return more;
    }

    private static int escape(byte each) {
        if ((each & 0xf8) == 0xf0) {
            // The first of four bytes, for which the generator writes the two halves of a surrogate pair, of six bytes
            // each.
            return 8;
        }
        boolean isShort = each == '"' || each == '\\' || each >= '\b' && each <= '\r' && each != 0x0b;
        return isShort ? 1 : each >= 0 && each < ' ' ? 5 : 0;
    }

    private @Nullable String decoded(byte[] bytes) {
        try {
            return utf8.decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private void text(JsonGenerator to, String name, @Nullable String text) throws IOException {
        to.writeStringField(name, shown(text));
    }

    private void json(JsonGenerator to, String name, @Nullable String text, RedactedJson.Kind kind) throws IOException {
        @Nullable String shown = redactedJson == null || text == null ? text : redactedJson.of(text, kind);
        to.writePOJOField(name, JsonText.orNull(shown));
    }

    private @Nullable String shown(@Nullable String text) {
        return redaction == null || text == null ? text : redaction.of(text);
    }

    /** The bytes as the lines have them. */
    byte[] shown(byte[] bytes) {
        return redaction == null ? bytes : redaction.of(bytes);
    }

    private static void number(JsonGenerator to, String name, @Nullable Number number) throws IOException {
        to.writePOJOField(name, number);
    }

    private static void time(JsonGenerator to, String name, @Nullable Instant time) throws IOException {
        to.writePOJOField(name, time);
    }
}
