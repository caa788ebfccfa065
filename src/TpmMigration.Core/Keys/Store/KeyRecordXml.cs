using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The stored form of a <see cref="KeyRecord"/>. The root names the SHA-256 of the key file it belongs to, and carries a checksum over the
/// record as this class writes it, so that damage, a swapped key file, and editing by hand are told apart from a good record.
/// </summary>
internal static class KeyRecordXml
{
    public const int MaxBytes = 512 * 1024;

    private const string ChecksumAttribute = " checksum=\"";
    private const string Namespace = "urn:tpm-migration:key-record:1";

    public static byte[] Write(KeyRecord record, string keyFileHash)
    {
        byte[] open = Write(record, keyFileHash, "");
        byte[] bytes = Write(record, keyFileHash, Hash(open));
        if (bytes.Length > MaxBytes) throw new ArgumentException($"The record of key '{record.Name}' takes more than {MaxBytes / 1024} KiB. Shorten its description.", nameof(record));
        return bytes;
    }

    /// <exception cref="FormatException">What is wrong with the record, for the caller to say where.</exception>
    public static (KeyRecord Record, string KeyFileHash) Read(byte[] bytes)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes, writable: false), new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                MaxCharactersInDocument = MaxBytes,
                IgnoreComments = false,
                IgnoreWhitespace = true,
            });
            (KeyRecord record, string keyFileHash, string checksum) = new Parser(reader).Parse();
            if (Hash(WithoutChecksum(bytes, checksum)) != checksum) throw new FormatException("its content does not agree with its checksum");
            return (record, keyFileHash);
        }
        catch (XmlException e)
        {
            throw new FormatException(e.Message, e);
        }
        catch (OverflowException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    public static string Hash(byte[] bytes)
    {
        using var sha = SHA256.Create();
        return Hex(sha.ComputeHash(bytes));
    }

    public static string Hex(byte[] bytes) => Tpm.Hex.Format(bytes);

    /// <summary>The bytes that the checksum was taken of: all of them, with the checksum itself left out.</summary>
    private static byte[] WithoutChecksum(byte[] bytes, string checksum)
    {
        string text = Encoding.GetEncoding("iso-8859-1").GetString(bytes);
        int at = text.IndexOf(ChecksumAttribute + checksum + "\"", StringComparison.Ordinal);
        if (at < 0) throw new FormatException("it is not written as this module writes it");
        int start = at + ChecksumAttribute.Length;
        byte[] rest = new byte[bytes.Length - checksum.Length];
        Buffer.BlockCopy(bytes, 0, rest, 0, start);
        Buffer.BlockCopy(bytes, start + checksum.Length, rest, start, rest.Length - start);
        return rest;
    }

    private static byte[] Write(KeyRecord record, string keyFileHash, string checksum)
    {
        using var stream = new MemoryStream();
        using (var xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, NewLineChars = "\n", NewLineHandling = NewLineHandling.Entitize, Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("key", Namespace);
            xml.WriteAttributeString("name", record.Name);
            xml.WriteAttributeString("created", Time(record.Created));
            xml.WriteAttributeString("keyFile", keyFileHash);
            xml.WriteAttributeString("checksum", checksum);
            // White space alone would be lost in reading.
            if (!string.IsNullOrWhiteSpace(record.Description)) xml.WriteElementString("description", Namespace, record.Description);

            xml.WriteStartElement("origin", Namespace);
            if (record.Origin.PackageId is { } package) xml.WriteAttributeString("package", package.ToString("D"));
            if (record.Origin.Signer != null) xml.WriteAttributeString("signer", record.Origin.Signer);
            if (record.Origin.Acceptance is { } acceptance)
            {
                xml.WriteAttributeString("acceptedBy", acceptance.By);
                xml.WriteAttributeString("reason", acceptance.Reason);
            }
            if (record.Origin.ReceiptId is { } receipt) xml.WriteAttributeString("receipt", receipt.ToString("D"));
            xml.WriteEndElement();

            xml.WriteStartElement("parent", Namespace);
            if (record.Parent.KeyName != null) xml.WriteAttributeString("key", record.Parent.KeyName);
            xml.WriteAttributeString("tpmName", Hex(record.Parent.TpmName));
            xml.WriteEndElement();

            foreach (IReadOnlyList<PolicyStep> branch in record.PolicyBranches)
            {
                xml.WriteStartElement("branch", Namespace);
                foreach (PolicyStep step in branch)
                {
                    xml.WriteStartElement("step", Namespace);
                    xml.WriteAttributeString("command", "0x" + step.CommandCode.ToString("x8", CultureInfo.InvariantCulture));
                    xml.WriteAttributeString("policy", Hex(step.CommandPolicy));
                    xml.WriteEndElement();
                }
                xml.WriteEndElement();
            }
            foreach (PcrValue pcr in record.ExpectedPcrs)
            {
                xml.WriteStartElement("pcr", Namespace);
                xml.WriteAttributeString("bank", TpmsPcrSelection.BankName(pcr.Bank));
                xml.WriteAttributeString("index", pcr.Index.ToString(CultureInfo.InvariantCulture));
                xml.WriteAttributeString("value", Hex(pcr.Digest));
                xml.WriteEndElement();
            }
            foreach (byte[] certificate in record.SelectionAuthorities) xml.WriteElementString("authority", Namespace, Convert.ToBase64String(certificate));
            record.Certification?.ToElement(Namespace).WriteTo(xml);
            if (record.Creation is { } creation)
            {
                xml.WriteStartElement("creation", Namespace);
                xml.WriteAttributeString("data", Hex(creation.Data));
                xml.WriteAttributeString("ticket", Hex(creation.Ticket.Marshal()));
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
        }
        return stream.ToArray();
    }

    private static string Time(DateTime time) => time.Kind == DateTimeKind.Utc
        ? time.ToString(TimeFormat, CultureInfo.InvariantCulture)
        : throw new ArgumentException("Times of a key record are UTC.", nameof(time));

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>Walks the elements in their one order; anything else is an error with its line.</summary>
    private sealed class Parser
    {
        private readonly XmlReader _xml;

        public Parser(XmlReader xml) => _xml = xml;

        public (KeyRecord Record, string KeyFileHash, string Checksum) Parse()
        {
            while (_xml.Read() && _xml.NodeType == XmlNodeType.XmlDeclaration) { }
            Require("key");
            string keyFileHash = Attribute("keyFile"), checksum = Attribute("checksum"), name = Attribute("name");
            DateTime created = ParseTime(Attribute("created"));
            Enter();
            string? description = At("description") ? _xml.ReadElementContentAsString() : null;

            Require("origin");
            var origin = new KeyOrigin(
                _xml.GetAttribute("package") is { } package ? Guid.ParseExact(package, "D") : null,
                _xml.GetAttribute("signer"),
                _xml.GetAttribute("acceptedBy") is { } by ? new SignerAcceptance(by, Attribute("reason")) : null,
                _xml.GetAttribute("receipt") is { } receipt ? Guid.ParseExact(receipt, "D") : null);
            _xml.Skip();

            Require("parent");
            var parent = new KeyParent(_xml.GetAttribute("key"), ParseHex(Attribute("tpmName")));
            _xml.Skip();

            var branches = new List<IReadOnlyList<PolicyStep>>();
            while (At("branch")) branches.Add(ReadBranch());
            var pcrs = new List<PcrValue>();
            while (At("pcr")) pcrs.Add(ReadPcr());
            var authorities = new List<byte[]>();
            while (At("authority")) authorities.Add(Convert.FromBase64String(_xml.ReadElementContentAsString()));
            KeyCertification? certification = At("Certification") ? ReadCertification() : null;
            KeyCreation? creation = At("creation") ? ReadCreation() : null;
            if (_xml.NodeType != XmlNodeType.EndElement) throw Unexpected("the end of the record");
            while (_xml.Read()) { }

            var record = new KeyRecord { Name = name, Created = created, Origin = origin, Parent = parent, Description = description, PolicyBranches = branches, ExpectedPcrs = pcrs, SelectionAuthorities = authorities, Certification = certification, Creation = creation };
            return (record, keyFileHash, checksum);
        }

        private List<PolicyStep> ReadBranch()
        {
            var steps = new List<PolicyStep>();
            if (_xml.IsEmptyElement)
            {
                _xml.Read();
                return steps;
            }
            Enter();
            while (At("step"))
            {
                string command = Attribute("command");
                if (!command.StartsWith("0x", StringComparison.Ordinal)) throw Unexpected("a command code");
                steps.Add(new PolicyStep(uint.Parse(command.Substring(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), ParseHex(Attribute("policy"))));
                _xml.Skip();
            }
            _xml.ReadEndElement();
            return steps;
        }

        private PcrValue ReadPcr()
        {
            var pcr = new PcrValue(
                TpmsPcrSelection.BankOf(Attribute("bank")) ?? throw Unexpected("a bank of PCRs"),
                int.Parse(Attribute("index"), NumberStyles.None, CultureInfo.InvariantCulture),
                ParseHex(Attribute("value")));
            if (pcr.Index >= TpmsPcrSelection.PcrCount) throw Unexpected("a PCR");
            _xml.Skip();
            return pcr;
        }

        private KeyCertification ReadCertification()
        {
            try
            {
                return KeyCertification.Read(new StrictElement((XElement)XNode.ReadFrom(_xml), XName.Get("Certification", Namespace)));
            }
            catch (DocumentFormatException e)
            {
                throw new FormatException(e.Message, e);
            }
        }

        private KeyCreation ReadCreation()
        {
            try
            {
                var creation = new KeyCreation(ParseHex(Attribute("data")), TpmtTicket.Unmarshal(ParseHex(Attribute("ticket"))));
                _xml.Skip();
                return creation;
            }
            catch (TpmWireException e)
            {
                throw new FormatException(e.Message, e);
            }
        }

        private bool At(string element) => _xml.NodeType == XmlNodeType.Element && _xml.LocalName == element && _xml.NamespaceURI == Namespace;

        private void Require(string element)
        {
            if (!At(element)) throw Unexpected($"<{element}>");
        }

        private void Enter()
        {
            if (_xml.IsEmptyElement) throw Unexpected("content");
            _xml.Read();
        }

        private string Attribute(string name) => _xml.GetAttribute(name) ?? throw Unexpected($"the attribute {name}");

        private FormatException Unexpected(string expected) =>
            new($"{expected} expected in line {((IXmlLineInfo)_xml).LineNumber}, <{_xml.LocalName}> found");

        private static DateTime ParseTime(string text) =>
            DateTime.ParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

        private static byte[] ParseHex(string text)
        {
            if (text.Length % 2 != 0) throw new FormatException("a hexadecimal value has an odd number of digits");
            var bytes = new byte[text.Length / 2];
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] = byte.Parse(text.Substring(2 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            return bytes;
        }
    }
}
