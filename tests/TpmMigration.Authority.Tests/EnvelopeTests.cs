using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Authority.Vault;
using TpmMigration.Fuzz.Targets;
using TpmMigration.Keys;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>What is no message of the contract is refused with a code, before anything else is done, and tells the sender nothing.</summary>
public sealed class EnvelopeTests(EnvelopeTests.Bare bare) : IClassFixture<EnvelopeTests.Bare>
{
    private const string Information = "<m:GetMAServiceInformation xmlns:m=\"urn:tpm-migration:service:1\"/>";

    /// <summary>A service that nobody is known to.</summary>
    public sealed class Bare : IDisposable
    {
        public Bare() => Client = new SoapClient(Authority);

        public AuthorityProcess Authority { get; } = AuthorityProcess.Start();

        internal SoapClient Client { get; }

        public void Dispose()
        {
            Client.Dispose();
            Authority.Dispose();
        }
    }

    private static string Wrapped(string body) => $"<s:Envelope xmlns:s=\"{Soap11.NamespaceName}\"><s:Body>{body}</s:Body></s:Envelope>";

    [Theory]
    [InlineData("")]
    [InlineData("this is no XML")]
    [InlineData("<a/>")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"/>")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body/></s:Envelope>")]
    [InlineData("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><Nothing/></s:Body></s:Envelope>")]
    public void What_is_no_message_is_malformed(string content) => Malformed(content);

    [Fact]
    public void A_document_type_is_refused_and_nothing_is_expanded()
    {
        string bomb = "<!DOCTYPE s [<!ENTITY a \"" + new string('x', 1000) + "\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>" + Wrapped(Information).Replace("/></s:Body>", ">&b;</m:GetMAServiceInformation></s:Body>", StringComparison.Ordinal);
        Malformed(bomb);
        Malformed("<!DOCTYPE s SYSTEM \"file:///etc/passwd\">" + Wrapped(Information));
    }

    [Theory]
    [InlineData("<!-- note -->")]
    [InlineData("<?php run ?>")]
    [InlineData("<![CDATA[x]]>")]
    [InlineData("text")]
    public void Comments_instructions_and_stray_text_are_refused(string more)
    {
        Malformed(Wrapped($"<m:GetMAServiceInformation xmlns:m=\"{ServiceNs}\">{more}</m:GetMAServiceInformation>"));
        Malformed(Wrapped(Information).Replace("<s:Body>", "<s:Body>" + more, StringComparison.Ordinal));
    }

    [Fact]
    public void Depth_attributes_two_messages_unknown_parts_and_other_encodings_are_refused()
    {
        Malformed(Wrapped(string.Concat(Enumerable.Repeat("<a>", 500)) + string.Concat(Enumerable.Repeat("</a>", 500))));
        Malformed(Wrapped($"<m:GetMAKey xmlns:m=\"{ServiceNs}\" {string.Concat(Enumerable.Range(0, 100).Select(i => $"a{i}='' "))}/>"));
        Malformed(Wrapped(Information + Information));
        Malformed(Wrapped($"<m:GetMAServiceInformation xmlns:m=\"{ServiceNs}\"><m:More/></m:GetMAServiceInformation>"));
        Malformed(Wrapped($"<m:Overthrow xmlns:m=\"{ServiceNs}\"/>"));
        Malformed("<?xml version=\"1.0\" encoding=\"utf-16\"?>" + Wrapped(Information));
        Assert.Equal("Malformed", bare.Client.Send(Encoding.Unicode.GetBytes(Wrapped(Information)), "text/xml").Fault);
        Assert.Equal("Malformed", bare.Client.Send([.. Encoding.UTF8.GetBytes("<a>"), 0xFF, 0xFE], "text/xml").Fault);
    }

    [Fact]
    public void The_envelope_must_be_of_the_version_of_the_content_type()
    {
        foreach ((XNamespace soap, string other) in new[] { (Soap11, "application/soap+xml"), (Soap12, "text/xml") })
        {
            SoapAnswer answer = bare.Client.Send(Envelope(soap, XElement.Parse(Information)).ToString(), other);
            Assert.Equal("VersionMismatch", answer.Fault);
            Assert.Contains(":VersionMismatch<", answer.Text, StringComparison.Ordinal);
        }
        Assert.Equal("VersionMismatch", bare.Client.Send("<Envelope xmlns='urn:soap:3'/>", "text/xml").Fault);
        Assert.Equal(415, bare.Client.Send("{}", "application/json").Status);
        Assert.Equal(415, bare.Client.Send(Wrapped(Information), "text/xml; charset=utf-16").Status);
    }

    [Fact]
    public void The_action_may_be_left_out_but_not_be_another()
    {
        string message = Envelope(Soap12, XElement.Parse(Information)).ToString();
        Assert.Equal(200, bare.Client.Send(Wrapped(Information), "text/xml").Status);
        Assert.Equal("ActionMismatch", bare.Client.Send(Wrapped(Information), "text/xml", ServiceNs + "/GetMAKey").Fault);
        Assert.Equal(200, bare.Client.Send(message, "application/soap+xml").Status);
        Assert.Equal(200, bare.Client.Send(message, $"application/soap+xml; charset=utf-8; action=\"{ServiceNs}/GetMAServiceInformation\"").Status);
        Assert.Equal("ActionMismatch", bare.Client.Send(message, $"application/soap+xml; action=\"{ServiceNs}/Delete\"").Fault);
    }

    [Fact]
    public void A_header_that_must_be_understood_is_refused_and_another_passed_over()
    {
        string With(string header) => Wrapped(Information).Replace("<s:Body>", $"<s:Header>{header}</s:Header><s:Body>", StringComparison.Ordinal);
        Assert.Equal(200, bare.Client.Send(With("<x xmlns='urn:x'>anything</x>"), "text/xml").Status);
        SoapAnswer answer = bare.Client.Send(With("<x xmlns='urn:x' s:mustUnderstand='1'/>"), "text/xml");
        Assert.Equal("HeaderNotUnderstood", answer.Fault);
        Assert.Contains(":MustUnderstand<", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_message_of_somebody_unknown_is_not_read()
    {
        // Nothing but its beginning can be a message.
        string blanks = new(' ', 5_000_000);
        Assert.Equal("TooLarge", bare.Client.Send(Wrapped($"<m:GetMAKey xmlns:m=\"{ServiceNs}\">{blanks}</m:GetMAKey>"), "text/xml").Fault);
        Assert.Equal("TooLarge", bare.Client.Send(Wrapped($"<m:Delete xmlns:m=\"{ServiceNs}\"><m:Token>AAAA</m:Token>{blanks}</m:Delete>"), "text/xml").Fault);
        Assert.Equal("TokenInvalid", bare.Client.Send(Wrapped($"<m:Query xmlns:m=\"{ServiceNs}\"><m:Token>AAAA</m:Token>{blanks}</m:Query>"), "text/xml").Fault);
        Assert.Equal("TokenInvalid", bare.Client.Send(Wrapped($"<m:Upload xmlns:m=\"{ServiceNs}\"><m:Token>AAAA</m:Token><m:Package>{blanks}"), "text/xml").Fault);
        Assert.Equal("Malformed", bare.Client.Send(Wrapped($"<m:Upload xmlns:m=\"{ServiceNs}\"><m:Package>{blanks}</m:Package>"), "text/xml").Fault);
        Assert.Equal("Malformed", bare.Client.Send(blanks + Wrapped(Information), "text/xml").Fault);
    }

    [Fact]
    public void Faults_are_of_the_sender_in_each_version_and_hold_nothing_of_the_program()
    {
        SoapAnswer first = bare.Client.Send(Wrapped("<Nothing/>"), "text/xml"), second = bare.Client.Send(Envelope(Soap12, new XElement("Nothing")).ToString(), "application/soap+xml");
        Assert.Equal((500, 400), (first.Status, second.Status));
        Assert.Contains("<faultcode>soap:Client</faultcode>", first.Text, StringComparison.Ordinal);
        Assert.Contains("<soap:Value>soap:Sender</soap:Value>", second.Text, StringComparison.Ordinal);
        Assert.All([first, second], answer => Assert.DoesNotContain("Exception", answer.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_service_cannot_do_is_its_own_fault_and_not_told_in_detail()
    {
        using var authority = AuthorityProcess.Start();
        using var client = new SoapClient(authority);
        using (ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        using (VaultDatabase database = new SqliteDatabase(authority.Directory.DatabasePath))
        {
            database.Write(transaction => transaction.Execute("DROP TABLE trusted"));
            TpmtPublic endorsement = SampleCertifications.Public(EndorsementTemplate.EccP256.PublicArea, key), attestation = SampleCertifications.Public(KeyTemplates.Attestation, key);
            SoapAnswer answer = client.Refused("Unavailable", "Authenticate", Part("EndorsementKey", endorsement.Marshal()), Part("AttestationKey", attestation.Marshal()));
            Assert.Equal(500, answer.Status);
            Assert.Contains("<faultcode>soap:Server</faultcode>", answer.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("trusted", answer.Text, StringComparison.Ordinal);
        }
        client.Call("GetMAKey");
    }

    private void Malformed(string content)
    {
        SoapAnswer answer = bare.Client.Send(content, "text/xml");
        Assert.Equal("Malformed", answer.Fault);
        Assert.DoesNotContain(" at ", answer.Message, StringComparison.Ordinal);
    }
}
