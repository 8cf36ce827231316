package io.runtape.testsupport;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.RandomAccessFile;
import java.lang.ref.Cleaner;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.net.DatagramSocket;
import java.net.MalformedURLException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.Channel;
import java.nio.channels.Selector;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.Timer;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.ZipFile;

/**
 * What the static fields of classes hold when these have just been initialised, and nothing has been called yet: what a native
 * image is built with. The classes are loaded once more for it, apart from those that tests have used.
 */
public final class ImageHeap {

    /** What no object that is built into an image may be. */
    public static final List<Class<?>> FORBIDDEN = List.of(
            Random.class,
            SplittableRandom.class,
            Thread.class,
            ThreadGroup.class,
            Executor.class,
            Timer.class,
            Cleaner.class,
            FileDescriptor.class,
            FileInputStream.class,
            FileOutputStream.class,
            RandomAccessFile.class,
            ZipFile.class,
            Socket.class,
            ServerSocket.class,
            DatagramSocket.class,
            Channel.class,
            Selector.class,
            Connection.class,
            Process.class);

    /** The framework sees to these itself when it builds an image. */
    private static final String LOGGING = "org.jboss.log";

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<String> found = new ArrayList<>();

    private ImageHeap() {}

    /** The ways to what is forbidden, from the static fields of these classes. */
    public static List<String> forbidden(List<String> classes) throws Exception {
        ImageHeap heap = new ImageHeap();
        try (URLClassLoader fresh = new Fresh()) {
            for (String name : classes) {
                Class<?> type = Class.forName(name, true, fresh);
                for (Field field : type.getDeclaredFields()) {
                    if (Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
                        field.setAccessible(true);
                        heap.look(name + "." + field.getName(), field.get(null));
                    }
                }
            }
        }
        return heap.found;
    }

    /** The ways to what is forbidden, from this object. */
    public static List<String> forbidden(String name, Object object) {
        ImageHeap heap = new ImageHeap();
        heap.look(name, object);
        return heap.found;
    }

    private void look(String way, Object object) {
        if (object == null || isLeaf(object) || !seen.add(object)) {
            return;
        }
        if (FORBIDDEN.stream().anyMatch(type -> type.isInstance(object))) {
            found.add(way + ": " + object.getClass().getName());
        } else if (object instanceof Object[] array) {
            for (int i = 0; i < Array.getLength(array); i++) {
                look(way + "[" + i + "]", array[i]);
            }
        } else if (object instanceof Collection<?> several) {
            several.forEach(each -> look(way + "[]", each));
        } else if (object instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                look(way + "{}", key);
                look(way + "{}", value);
            });
        } else if (object instanceof Optional<?> maybe) {
            maybe.ifPresent(there -> look(way, there));
        } else if (object instanceof AtomicReference<?> reference) {
            look(way, reference.get());
        } else {
            lookInto(way, object);
        }
    }

    private void lookInto(String way, Object object) {
        for (Class<?> type = object.getClass(); type != null && type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    try {
                        field.setAccessible(true);
                        look(way + "." + field.getName(), field.get(object));
                    } catch (IllegalAccessException | InaccessibleObjectException e) {
                        // The JDK's own: what of it matters is forbidden by its type, and collections are looked
                        // through.
                        break;
                    }
                }
            }
        }
    }

    private static boolean isLeaf(Object object) {
        return object instanceof CharSequence
                || object instanceof Number
                || object instanceof Class<?>
                || object instanceof ClassLoader
                || object.getClass().getName().startsWith(LOGGING);
    }

    /** Loads classes of this program anew, tests included, and leaves all others to the usual loader. */
    private static final class Fresh extends URLClassLoader {

        private static final String ROOT = "io.runtape.";

        Fresh() throws MalformedURLException {
            super(classPath(), ImageHeap.class.getClassLoader());
        }

        private static URL[] classPath() throws MalformedURLException {
            Path target = Path.of("target");
            return new URL[] {
                target.resolve("classes").toUri().toURL(),
                target.resolve("test-classes").toUri().toURL()
            };
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(ROOT)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> type = findLoadedClass(name);
                return type == null ? findClass(name) : type;
            }
        }
    }
}
