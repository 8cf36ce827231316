package io.runtape.guide;

import io.runtape.testsupport.Tool;
import java.io.IOException;
import java.nio.file.Files;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** Chromium without a window, as Debian has it. */
final class Browser {

    private Browser() {}

    /** Starts one with nothing in it. Where it is not installed the test is skipped, or fails in continuous integration. */
    static ChromeDriver start() throws IOException {
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
        return new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(driver.path().toFile())
                        .build(),
                options);
    }
}
