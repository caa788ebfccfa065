using System;
using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Fuzz.Mutation;

/// <summary>Changes DER as a tree and writes it with right lengths again, so that a change deep inside is still reached.</summary>
internal static class DerMutator
{
    private const int MostDepth = 32;

    private static readonly byte[] s_tags = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xBF];
    private static readonly BytesMutator s_bytes = new([[0x30, 0x80], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x02, 0x01, 0x00], [0x01, 0x01, 0x01], [0x06, 0x01, 0x80], [0xA0, 0x00], [0x82, 0xFF, 0xFF], [0x04, 0x02, 0x00, 0x00]]);

    internal static byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        Node? root = Parse(input);
        if (root == null || random.OnceIn(8)) return s_bytes.Mutate(random, input, other);
        for (int changes = 1 + random.Next(3); changes > 0; changes--) Change(random, root, other);
        byte[] result = root.Write();
        return random.OnceIn(16) ? s_bytes.Mutate(random, result, other) : result;
    }

    private static void Change(Random random, Node root, byte[] other)
    {
        List<Node> all = root.All().ToList();
        Node node = random.Of(all);
        Node parent = random.Of(all.Where(n => n.Children != null).DefaultIfEmpty(root).ToList());
        List<Node>? children = parent.Children;
        switch (random.Next(8))
        {
            case 0:
                node.Tag = random.Of(s_tags);
                break;
            case 1 when children?.Count > 0:
                children.RemoveAt(random.Next(children.Count));
                break;
            case 2 when children?.Count > 0:
                children.Insert(random.Next(children.Count + 1), random.Of(children).Copy());
                break;
            case 3 when children?.Count > 1:
                children.Reverse(random.Next(children.Count - 1), 2);
                break;
            case 4 when children != null && all.Count < 1000:
                children.Insert(random.Next(children.Count + 1), node.Copy());
                break;
            case 5:
                node.LongLength = !node.LongLength;
                break;
            default:
                Node leaf = random.Of(all.Where(n => n.Children == null).DefaultIfEmpty(node).ToList());
                leaf.Content = leaf.Tag == 0x04 ? WireMutator.Mutate(random, leaf.Content, other) : s_bytes.Mutate(random, leaf.Content, other);
                break;
        }
    }

    private static Node? Parse(byte[] bytes)
    {
        int at = 0;
        Node? node = Parse(bytes, ref at, bytes.Length, 0);
        return at == bytes.Length ? node : null;
    }

    private static Node? Parse(byte[] bytes, ref int at, int end, int depth)
    {
        if (depth > MostDepth || end - at < 2) return null;
        byte tag = bytes[at++];
        int length = bytes[at++];
        if (length >= 0x80)
        {
            int count = length & 0x7F;
            if (count is 0 or > 3 || count > end - at) return null;
            length = 0;
            for (; count > 0; count--) length = (length << 8) | bytes[at++];
        }
        if (length > end - at) return null;
        int start = at;
        at += length;
        var node = new Node(tag, bytes.AsSpan(start, length).ToArray());
        if ((tag & 0x20) == 0) return node;
        List<Node> children = [];
        for (int inner = start; inner < at;)
        {
            if (Parse(bytes, ref inner, at, depth + 1) is not { } child) return node;
            children.Add(child);
        }
        node.Children = children;
        return node;
    }

    private sealed class Node(byte tag, byte[] content)
    {
        internal byte Tag { get; set; } = tag;

        internal byte[] Content { get; set; } = content;

        internal List<Node>? Children { get; set; }

        /// <summary>Whether the length takes a byte more than it needs, which DER forbids.</summary>
        internal bool LongLength { get; set; }

        internal IEnumerable<Node> All() => Children == null ? [this] : Children.SelectMany(c => c.All()).Prepend(this);

        internal Node Copy() => new(Tag, Content) { Children = Children?.Select(c => c.Copy()).ToList(), LongLength = LongLength };

        internal byte[] Write()
        {
            byte[] content = Children == null ? Content : Children.SelectMany(c => c.Write()).ToArray();
            int length = content.Length;
            byte[] size = length switch
            {
                < 0x80 when !LongLength => [(byte)length],
                < 0x100 when !LongLength || length < 0x80 => [0x81, (byte)length],
                < 0x10000 => [0x82, (byte)(length >> 8), (byte)length],
                _ => [0x83, (byte)(length >> 16), (byte)(length >> 8), (byte)length],
            };
            return [Tag, .. size, .. content];
        }
    }
}
