// A client that was compiled from the WSDL. Usage: gsoap_client URL. Prints the name and the size of the key's document, then a fault's code.
#include <cstdio>
#include "soapMigrationServiceSoap11Proxy.h"
#include "MigrationServiceSoap11.nsmap"

int main(int count, char **arguments)
{
    if (count != 2) return 2;
    MigrationServiceSoap11Proxy service(arguments[1]);

    _ns1__GetMAServiceInformation ask_information;
    _ns1__GetMAServiceInformationResponse information;
    if (service.GetMAServiceInformation(&ask_information, information) != SOAP_OK) return service.soap_stream_fault(std::cerr), 1;
    std::printf("%s\n", information.Name.c_str());

    _ns1__GetMAKey ask_key;
    _ns1__GetMAKeyResponse key;
    if (service.GetMAKey(&ask_key, key) != SOAP_OK) return service.soap_stream_fault(std::cerr), 1;
    std::printf("%d\n", key.Document.__size);

    unsigned char token[4] = {1, 2, 3, 4};
    _ns1__Download ask_package;
    ask_package.Token.__ptr = token;
    ask_package.Token.__size = sizeof token;
    ask_package.PackageId = "00000000-0000-0000-0000-000000000000";
    _ns1__DownloadResponse package;
    if (service.Download(&ask_package, package) == SOAP_OK) return 1;
    // It puts the detail of a fault of SOAP 1.1 where that of 1.2 belongs.
    SOAP_ENV__Fault *refusal = service.soap->fault;
    SOAP_ENV__Detail *detail = !refusal ? nullptr : refusal->detail ? refusal->detail : refusal->SOAP_ENV__Detail;
    _ns1__MigrationFault *fault = detail ? detail->ns1__MigrationFault : nullptr;
    std::printf("%s\n", fault ? soap_ns1__FaultCode2s(service.soap, fault->Code) : "no typed fault");
    return 0;
}
