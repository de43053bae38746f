import java.io.FileInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r5.context.ContextUtilities;
import org.hl7.fhir.r5.elementmodel.Manager.FhirFormat;
import org.hl7.fhir.r5.formats.JsonParser;
import org.hl7.fhir.r5.model.Bundle;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.hl7.fhir.validation.ValidationEngine;

/**
 * Prints what HL7's validator says of files, a line each: file, level, message id, place, words.
 *
 * <p>Arguments: release (5.0.0), packages of definitions (the core first), `--`, Bundles of definitions, `--`, files.
 * Packages are those of `user.home`/.fhir/packages; there is no terminology server.
 */
public final class Validator {
  public static void main(String[] arguments) throws Exception {
    ValidationEngine engine =
        new ValidationEngine.ValidationEngineBuilder()
            .withVersion(arguments[0])
            .withNoTerminologyServer()
            .fromSource(arguments[1]);
    engine.connectToTSServer(null, null, null, false);
    int at = 2;
    for (; !arguments[at].equals("--"); at++) {
      engine.getIgLoader().loadIg(engine.getIgs(), engine.getBinaries(), arguments[at], false);
    }
    for (at++; !arguments[at].equals("--"); at++) {
      define(engine, arguments[at]);
    }
    engine.prepare();
    for (at++; at < arguments.length; at++) {
      FhirFormat format = arguments[at].endsWith(".ndjson") ? FhirFormat.NDJSON : FhirFormat.JSON;
      List<ValidationMessage> said = new ArrayList<>();
      try (InputStream file = new FileInputStream(arguments[at])) {
        engine.getValidator(format).validate(null, said, file, format);
      }
      for (ValidationMessage each : said) {
        System.out.println(
            String.join(
                "\t",
                arguments[at],
                each.getLevel().toCode(),
                String.valueOf(each.getMessageId()),
                each.getLocation(),
                each.getMessage().replaceAll("\\s+", " ")));
      }
    }
  }

  private static void define(ValidationEngine engine, String path) throws Exception {
    try (InputStream file = new FileInputStream(path)) {
      for (Bundle.BundleEntryComponent each : ((Bundle) new JsonParser().parse(file)).getEntry()) {
        if (each.getResource() instanceof StructureDefinition definition) {
          new ContextUtilities(engine.getContext()).generateSnapshot(definition);
        }
        engine.getContext().cacheResource(each.getResource());
      }
    }
  }
}
