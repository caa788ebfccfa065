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

    /// <summary>
    /// The qualified name: the name algorithm, and its digest over the parent's qualified name and the object's name. Where the object is
    /// primary, the parent's is the name of the hierarchy. TPM 2.0 Part 1, clause 16.
    /// </summary>
    public static byte[] Qualified(byte[] parentQualifiedName, TpmtPublic publicArea)
    {
        byte[] joined = new byte[parentQualifiedName.Length + publicArea.Name.Length];
        Buffer.BlockCopy(parentQualifiedName, 0, joined, 0, parentQualifiedName.Length);
        Buffer.BlockCopy(publicArea.Name, 0, joined, parentQualifiedName.Length, publicArea.Name.Length);
        return Of(publicArea.NameAlg, joined);
    }

    /// <summary>The digest in a name: what follows the name algorithm.</summary>
    internal static byte[] DigestOf(byte[] name)
    {
        var reader = new TpmReader(name);
        reader.ReadAlg();
        return reader.ReadBytes(reader.Remaining);
    }
}
