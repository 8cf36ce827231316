package io.runtape.console;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the console has to show: many small runs, and a thread of three.
 *
 * @param good the first run of the thread, with pauses, tools, a table and code
 * @param bad the second, which fails
 * @param again the third, which asks for more than the first did
 * @param all all of them
 */
record ConsoleRuns(ArchivedRun good, ArchivedRun bad, ArchivedRun again, List<ArchivedRun> all) {

    /** Runs that were made in the day before that moment. */
    static ConsoleRuns before(Instant moment) {
        Instant now = moment.truncatedTo(ChronoUnit.SECONDS);
        List<ArchivedRun> runs = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            ArchivedRun run = ArchivedRun.of(
                    "thr_day_" + i,
                    1,
                    i % 3 == 0 ? "reviewer" : "code-assistant",
                    "Look at pull request " + (400 + i),
                    now.minus(Duration.ofMinutes(40L + i * i * 23 % 1300)),
                    180 + i * 53 % 340);
            run.think("What does it change?").after(200L + i * 37 % 900).say("It is fine. ");
            runs.add(
                    i % 11 == 5
                            ? run.fail("overloaded", "The model is overloaded.")
                            : run.complete(900 + i * 40, 60 + i * 7 % 90));
        }
        ArchivedRun good = ArchivedRun.of(
                "thr_login", 1, "code-assistant", "Fix the flaky login test", now.minusSeconds(180), 380);
        good.think("The test waits for a fixed time. I look at it first, and at what it waits for.")
                .after(400)
                .say("I look at the test first. ")
                .tool(
                        "read_file",
                        Map.of("path", "test/login.test.js"),
                        700,
                        0,
                        "await sleep(500);\nexpect(page).toHaveURL('/home');")
                .think("It races with the redirect. It should wait for the address instead.")
                .tool(
                        "edit_file",
                        Map.of("path", "test/login.test.js", "insert", "await page.waitForURL('/home');"),
                        300,
                        0,
                        "- await sleep(500);\n+ await page.waitForURL('/home');")
                .after(1900)
                .tool(
                        "bash",
                        Map.of("command", "npm test -- login --repeat 50"),
                        2600,
                        0,
                        "50 passed, 0 failed (21.4 s)")
                .after(500)
                .say(
                        "The test **no longer races**: it waits for the address, not for half a second.\n\n| | before | now |\n| - | - | - |\n"
                                + "| failures of 50 | 7 | 0 |\n| time | 31 s | 21 s |\n\n```js\nawait page.waitForURL('/home');\n```\n")
                .complete(2480, 164);
        ArchivedRun bad =
                ArchivedRun.of("thr_login", 2, "code-assistant", "Deploy it to staging", now.minusSeconds(120), 410);
        bad.think("Deploying needs the staging key.")
                .say("I deploy it now. ")
                .tool(
                        "bash",
                        Map.of("command", "make deploy ENV=staging"),
                        1500,
                        2,
                        "error: no credentials for staging\nmake: *** [deploy] Error 2")
                .fail("tool_error", "The deployment failed: there are no credentials for staging.");
        ArchivedRun again = ArchivedRun.of(
                "thr_login",
                3,
                "code-assistant",
                "Fix the flaky login test\nand the logout test",
                now.minusSeconds(60),
                290);
        again.think("Two tests now.")
                .tool("read_file", Map.of("path", "test/login.test.js"), 500, 0, "await page.waitForURL('/home');")
                .tool("read_file", Map.of("path", "test/logout.test.js"), 500, 0, "await sleep(200);")
                .say("The login test is fine. The logout test waits for the address too now.\n")
                .complete(3120, 88);
        runs.addAll(List.of(good, bad, again));
        return new ConsoleRuns(good, bad, again, runs);
    }
}
