using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The stored data of one key: an index that can be read without the contents, then the sealed contents one after the other. The index
/// carries its own hash and one for each content, so that damage is told before anything is decrypted.
/// </summary>
/// <param name="KeyTpmName">The TPM name of the key that the data belongs to.</param>
/// <param name="DataKeyTpmName">The TPM name of the sealed data key under which it is encrypted.</param>
/// <param name="Items">The data; the content is empty where it was not read.</param>
internal sealed record KeyDataFile(byte[] KeyTpmName, byte[] DataKeyTpmName, IReadOnlyList<SealedKeyData> Items)
{
    public const int MostItems = 256;

    /// <summary>The most that all data of a key may have together.</summary>
    public const long MostBytes = 256L * 1024 * 1024;

    private const int HashSize = 32, LargestIndex = 1024 * 1024;

    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("TPM key data 1\n\0");

    /// <exception cref="KeyDataException"><see cref="KeyDataFault.TooLarge"/>.</exception>
    public byte[] Write()
    {
        if (Items.Count > MostItems || Items.Sum(i => (long)i.Content.Length) > MostBytes)
            throw new KeyDataException(KeyDataFault.TooLarge, $"A key can have {MostItems} pieces of data with {MostBytes / (1024 * 1024)} MiB together. Remove some, or keep them elsewhere.");
        byte[] index = TpmWriter.Write(w =>
        {
            w.WriteTpm2b(KeyTpmName);
            w.WriteTpm2b(DataKeyTpmName);
            w.WriteU16(Items.Count);
            foreach (SealedKeyData item in Items)
            {
                w.WriteTpm2b(Encoding.UTF8.GetBytes(item.Info.Type));
                w.WriteTpm2b(Encoding.UTF8.GetBytes(item.Info.Name));
                w.WriteTpm2b(Encoding.UTF8.GetBytes(item.Info.MediaType));
                w.WriteU32((uint)item.Info.Length);
                w.WriteBytes(TpmHash.Digest(TpmAlgId.Sha256, item.Content));
            }
        });
        byte[] head = TpmWriter.Write(w =>
        {
            w.WriteBytes(Magic);
            w.WriteU32((uint)index.Length);
            w.WriteBytes(index);
        });
        byte[] file = new byte[head.Length + HashSize + Items.Sum(i => i.Content.Length)];
        int at = 0;
        foreach (byte[] part in Items.Select(i => i.Content).Prepend(TpmHash.Digest(TpmAlgId.Sha256, head)).Prepend(head))
        {
            Buffer.BlockCopy(part, 0, file, at, part.Length);
            at += part.Length;
        }
        return file;
    }

    /// <summary>Reads index and contents.</summary>
    /// <param name="file">The file from its beginning; it can seek.</param>
    /// <param name="wanted">Whose content is read too.</param>
    /// <exception cref="FormatException">What is wrong with it, for the caller to say where.</exception>
    public static KeyDataFile Read(Stream file, Func<KeyDataInfo, bool> wanted)
    {
        try
        {
            byte[] start = ReadExactly(file, Magic.Length + 4);
            var reader = new TpmReader(start);
            if (!reader.ReadBytes(Magic.Length).SequenceEqual(Magic)) throw new FormatException("it does not begin as such a file does");
            uint size = reader.ReadU32();
            if (size > LargestIndex) throw new FormatException("its index is too large");
            byte[] index = ReadExactly(file, (int)size);
            if (!TpmHash.Digest(TpmAlgId.Sha256, start, index).SequenceEqual(ReadExactly(file, HashSize))) throw new FormatException("its index does not agree with its checksum");
            return ReadContents(file, TpmReader.ReadWhole(index, "The index", ReadIndex), wanted);
        }
        catch (Exception e) when (e is TpmWireException or KeyDataException or DecoderFallbackException or EndOfStreamException)
        {
            throw new FormatException(e is EndOfStreamException ? "it ends early" : e.Message, e);
        }
    }

    private static (byte[] Key, byte[] DataKey, List<(KeyDataInfo Info, byte[] Hash)> Items) ReadIndex(TpmReader reader)
    {
        (byte[] key, byte[] dataKey, int count) = (reader.ReadTpm2b(), reader.ReadTpm2b(), reader.ReadU16());
        List<(KeyDataInfo, byte[])> items = [];
        var names = new HashSet<string>(KeyName.Comparer);
        for (int i = 0; i < count; i++)
        {
            var info = new KeyDataInfo(ReadText(reader), ReadText(reader), ReadText(reader), (int)Math.Min(reader.ReadU32(), int.MaxValue));
            info.Check();
            if (!names.Add(info.Name)) throw new FormatException($"the name '{info.Name}' occurs twice in it");
            items.Add((info, reader.ReadBytes(HashSize)));
        }
        return (key, dataKey, items);
    }

    private static KeyDataFile ReadContents(Stream file, (byte[] Key, byte[] DataKey, List<(KeyDataInfo Info, byte[] Hash)> Items) index, Func<KeyDataInfo, bool> wanted)
    {
        long end = file.Position + index.Items.Sum(i => (long)i.Info.Length + KeyDataCipher.Overhead);
        if (file.Length != end) throw new FormatException($"it has {file.Length} bytes instead of {end}");
        List<SealedKeyData> items = [];
        foreach ((KeyDataInfo info, byte[] hash) in index.Items)
        {
            int size = info.Length + KeyDataCipher.Overhead;
            if (!wanted(info))
            {
                file.Seek(size, SeekOrigin.Current);
                items.Add(new SealedKeyData(info, []));
                continue;
            }
            byte[] content = ReadExactly(file, size);
            if (!TpmHash.Digest(TpmAlgId.Sha256, content).SequenceEqual(hash)) throw new FormatException($"the content of '{info.Name}' does not agree with its checksum");
            items.Add(new SealedKeyData(info, content));
        }
        return new KeyDataFile(index.Key, index.DataKey, items);
    }

    private static string ReadText(TpmReader reader) => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(reader.ReadTpm2b());

    private static byte[] ReadExactly(Stream stream, int size)
    {
        byte[] bytes = new byte[size];
        int count = 0, read;
        while (count < size && (read = stream.Read(bytes, count, size - count)) > 0) count += read;
        return count == size ? bytes : throw new EndOfStreamException();
    }
}
