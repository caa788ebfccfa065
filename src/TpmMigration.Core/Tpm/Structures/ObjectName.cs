using System;

namespace TpmMigration.Tpm;

/// <summary>Names of TPM entities. TPM 2.0 Part 1, clause 16.</summary>
public static class ObjectName
{
    /// <summary>Name algorithm (2 bytes) and digest over a marshalled public area.</summary>
    public static byte[] Of(TpmAlgId nameAlg, byte[] publicArea)
    {
        byte[] digest = TpmHash.Digest(nameAlg, publicArea);
        byte[] name = new byte[2 + digest.Length];
        name[0] = (byte)((ushort)nameAlg >> 8);
        name[1] = (byte)nameAlg;
        Buffer.BlockCopy(digest, 0, name, 2, digest.Length);
        return name;
    }

    /// <summary>The name of a PCR, hierarchy or session: its handle, 4 bytes big-endian.</summary>
    public static byte[] OfHandle(uint handle) => [(byte)(handle >> 24), (byte)(handle >> 16), (byte)(handle >> 8), (byte)handle];

    /// <summary>The qualified name of an object: its name algorithm (2 bytes), and the digest over the qualified name of its parent and its name. TPM 2.0 Part 1, clause 16.</summary>
    /// <param name="parent">The parent's qualified name; of a primary object, the hierarchy's handle.</param>
    /// <param name="name">The object's name.</param>
    /// <exception cref="UnsupportedAlgorithmException">The name's algorithm is not known.</exception>
    /// <exception cref="TpmWireException">It is no name.</exception>
    public static byte[] Qualified(byte[] parent, byte[] name)
    {
        var algorithm = new TpmReader(name).ReadAlg();
        return Of(algorithm, [.. parent, .. name]);
    }

    /// <summary>The digest in a name: what follows the name algorithm.</summary>
    internal static byte[] DigestOf(byte[] name)
    {
        var reader = new TpmReader(name);
        reader.ReadAlg();
        return reader.ReadBytes(reader.Remaining);
    }
}
