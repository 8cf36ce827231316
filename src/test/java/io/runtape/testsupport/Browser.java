package io.runtape.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.logging.Level;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Chromium without a window, as Debian has it. */
public final class Browser {

    private Browser() {}

    /** Starts one with nothing in it. Where it is not installed the test is skipped, or fails in continuous integration. */
    public static ChromeDriver start() throws IOException {
        Tool chromium = Tool.named("chromium");
        Tool driver = Tool.named("chromedriver");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.path().toFile());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--user-data-dir=" + Files.createTempDirectory("runtape-browser-"));
        // Its console has what a page was not allowed to do.
        LoggingPreferences console = new LoggingPreferences();
        console.enable(LogType.BROWSER, Level.ALL);
        options.setCapability(ChromeOptions.LOGGING_PREFS, console);
        return new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(driver.path().toFile())
                        .withTimeout(Duration.ofMinutes(2))
                        .build(),
                options);
    }
}
