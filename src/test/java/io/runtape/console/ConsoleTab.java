package io.runtape.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.testsupport.Browser;
import io.runtape.testsupport.NodeModules;
import io.runtape.testsupport.RunTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;

/** The console in a browser's tab. */
final class ConsoleTab implements AutoCloseable {

    /** Where pictures of the views go. */
    private static final Path PICTURES = Path.of("target", "console");

    private static final Duration PATIENCE = Duration.ofSeconds(40);

    /** Tells of what the policy forbids before the page can, and of scripts that ask for attention. */
    private static final String WATCH = """
            window.violations = [];
            addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.blockedURI));
            window.alert = text => violations.push("alert " + text);
            """;

    private final ChromeDriver browser;
    private final String origin;
    private final String axe;

    ConsoleTab(String origin) throws IOException {
        NodeModules.require("axe-core");
        this.axe = Files.readString(NodeModules.HOME.resolve("node_modules/axe-core/axe.min.js"));
        this.origin = origin;
        this.browser = Browser.start();
        size(1440, 900);
        browser.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", WATCH));
        light();
    }

    void size(int width, int height) {
        browser.manage().window().setSize(new Dimension(width, height));
    }

    void light() {
        colours("light");
    }

    void dark() {
        colours("dark");
    }

    private void colours(String scheme) {
        browser.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(
                                Map.of("name", "prefers-color-scheme", "value", scheme),
                                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    }

    void open(String target) {
        browser.get(origin + target);
    }

    ChromeDriver browser() {
        return browser;
    }

    String title() {
        return browser.getTitle();
    }

    String address() {
        return browser.getCurrentUrl().substring(origin.length());
    }

    /** Waits for an element that can be seen. */
    WebElement find(String selector) {
        return RunTable.await(
                selector + " is there",
                PATIENCE,
                () -> browser.findElements(By.cssSelector(selector)).stream()
                        .filter(ConsoleTab::isSeen)
                        .findFirst()
                        .orElse(null));
    }

    /** False of an element that the page has replaced since it was found. */
    private static boolean isSeen(WebElement element) {
        try {
            return element.isDisplayed();
        } catch (StaleElementReferenceException e) {
            return false;
        }
    }

    /** Presses a key on an element until the first such other element has this in its text: the page may be busy. */
    void pressUntil(String selector, Keys key, String other, String part) {
        RunTable.await(other + " has " + part, PATIENCE, () -> {
            find(selector).sendKeys(key);
            return (Boolean) asyncJs("""
                    const done = arguments[2];
                    setTimeout(() => done([...document.querySelectorAll(arguments[0])].some(e => e.innerText.includes(arguments[1]))), 2000);
                    """, other, part) ? true : null;
        });
    }

    /** Waits until the first such element has this in its text. */
    void awaitText(String selector, String part) {
        RunTable.await(selector + " has " + part, PATIENCE, () -> text(selector).contains(part) ? true : null);
    }

    /** The text of all such elements, empty if there is none. */
    String text(String selector) {
        return (String) js(
                "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText ?? '').join('\\n')",
                selector);
    }

    void awaitTrue(String expression) {
        RunTable.await(
                expression,
                PATIENCE,
                () -> Boolean.TRUE.equals(js("return Boolean(" + expression + ")")) ? true : null);
    }

    Object js(String script, Object... arguments) {
        return browser.executeScript(script, arguments);
    }

    Object asyncJs(String script, Object... arguments) {
        return browser.executeAsyncScript(script, arguments);
    }

    /** Types at whatever has the focus. */
    void press(CharSequence... keys) {
        browser.switchTo().activeElement().sendKeys(keys);
    }

    void escape() {
        press(Keys.ESCAPE);
    }

    /** What the browser complained of since the last time. */
    List<String> complaints() {
        return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                .filter(message -> !message.contains("status of 401"))
                .toList();
    }

    void assertNothingForbidden() {
        assertEquals(List.of(), js("return window.violations"));
        assertEquals(List.of(), complaints());
    }

    /** What axe-core finds against WCAG 2.2 AA, each with the first element. */
    @SuppressWarnings("unchecked")
    List<String> barriers() {
        // By the debugger, since the page's policy lets nobody else bring a script.
        browser.executeCdpCommand("Runtime.evaluate", Map.of("expression", axe));
        return (List<String>) asyncJs("""
                const done = arguments[arguments.length - 1];
                axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(
                  found => done(found.violations.map(v => v.id + ": " + v.nodes.length + " × " + v.nodes[0].html.slice(0, 200) + " "
                    + (v.nodes[0].any[0]?.message ?? v.nodes[0].all[0]?.message ?? v.nodes[0].none[0]?.message ?? ""))),
                  failure => done(["axe: " + failure]));
                """);
    }

    void picture(String name) throws IOException {
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() {
        browser.quit();
    }
}
