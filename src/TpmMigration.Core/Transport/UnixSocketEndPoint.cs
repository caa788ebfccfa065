using System.Net;
using System.Net.Sockets;
#if NETFRAMEWORK
using System.Text;
#endif

namespace TpmMigration.Transport;

/// <summary>The address of a Unix socket, which .NET Framework has no type for.</summary>
internal readonly struct UnixSocketEndPoint
{
    internal UnixSocketEndPoint(string path)
    {
#if NETFRAMEWORK
        EndPoint = new FrameworkEndPoint(path);
#else
        EndPoint = new UnixDomainSocketEndPoint(path);
#endif
    }

    internal EndPoint EndPoint { get; }

#if NETFRAMEWORK
    /// <summary>struct sockaddr_un: family (2 bytes), path (at most 107 bytes), zero.</summary>
    private sealed class FrameworkEndPoint(string path) : EndPoint
    {
        private const int FamilySize = 2;

        public override AddressFamily AddressFamily => AddressFamily.Unix;

        public override SocketAddress Serialize()
        {
            byte[] bytes = Encoding.UTF8.GetBytes(path);
            var address = new SocketAddress(AddressFamily.Unix, FamilySize + bytes.Length + 1);
            for (int i = 0; i < bytes.Length; i++) address[FamilySize + i] = bytes[i];
            return address;
        }

        public override EndPoint Create(SocketAddress socketAddress) => this;
    }
#endif
}
