package io.runtape.testsupport;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** What {@code jcmd} prints of this JVM. */
public final class DiagnosticCommand {

    private DiagnosticCommand() {}

    /** @param name of the command, as the JVM's management has it, such as {@code threadPrint} for {@code Thread.print} */
    public static String output(String name) {
        try {
            return (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            name,
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }
}
