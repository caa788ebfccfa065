using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;

namespace TpmMigration.Testing;

/// <summary>Finds loopback ports nobody listens on.</summary>
public static class FreePorts
{
    // Below the range from which the system takes the ports of outgoing connections.
    private const int First = 10_000;
    private const int Last = 32_000;

    /// <summary>The first of <paramref name="count"/> ports in a row that are free at this moment; another may take them before the caller does.</summary>
    public static int FindConsecutive(int count)
    {
        while (true)
        {
#pragma warning disable CA5394 // No secret: only to keep parallel test runs apart.
            int first = Random.Shared.Next(First, Last - count);
#pragma warning restore CA5394
            if (Enumerable.Range(first, count).All(IsFree)) return first;
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
