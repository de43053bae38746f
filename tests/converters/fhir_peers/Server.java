import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.test.config.TestHSearchAddInConfig;
import ca.uhn.fhir.jpa.test.config.TestR4BConfig;
import ca.uhn.fhir.jpa.test.config.TestR5Config;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** A HAPI server with an H2 database in memory on a free port of 127.0.0.1, which it prints; it ends with its input. */
public final class Server {
  public static void main(String[] arguments) throws Exception {
    String release = arguments[0];
    Class<?> configuration = release.equals("R5") ? TestR5Config.class : TestR4BConfig.class;
    AnnotationConfigApplicationContext context =
        new AnnotationConfigApplicationContext(configuration, TestHSearchAddInConfig.NoFT.class);
    RestfulServer fhir = new RestfulServer(context.getBean(FhirContext.class));
    fhir.registerProviders(
        context.getBean("myResourceProviders" + release, ResourceProviderFactory.class).createProviders());
    fhir.registerProvider(context.getBean("mySystemProvider" + release));
    org.eclipse.jetty.server.Server web = new org.eclipse.jetty.server.Server();
    ServerConnector connector = new ServerConnector(web);
    connector.setHost("127.0.0.1");
    web.addConnector(connector);
    ServletContextHandler handler = new ServletContextHandler();
    handler.addServlet(new ServletHolder(fhir), "/*");
    web.setHandler(handler);
    web.start();
    System.out.println("port " + connector.getLocalPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }
}
