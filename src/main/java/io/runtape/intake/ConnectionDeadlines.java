package io.runtape.intake;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;

/** Gives each connection of each server in this process a deadline. Netty finds it among the services of the class path. */
public final class ConnectionDeadlines extends ChannelInitializerExtension {

    @Override
    public void postInitializeServerChildChannel(Channel connection) {
        connection.pipeline().addFirst(new ConnectionDeadline());
    }
}
