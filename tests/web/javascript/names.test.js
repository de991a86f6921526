import assert from "node:assert/strict";
import test from "node:test";
import { shortenOrganization } from "../../../web/static/web/names.js";

test("an office of an agency is named by its initials and its place", () => {
  for (const [name, short] of [
    ["DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS - AURORA 2ND DEO", "DPWH · Aurora 2nd DEO"],
    ["Department of Public Works and Highways - Aurora 2nd District Engineering Office", "DPWH · Aurora 2nd DEO"],
    ["DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS - REGION IV-A", "DPWH · Region IV-A"],
    ["DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS - LANAO DEL NORTE 1S", "DPWH · Lanao del Norte 1s"],
    ["DEPARTMENT OF EDUCATION, DIVISION OF LAS PIÑAS", "DepEd · Division of Las Piñas"],
    ["DEPARTMENT OF SOCIAL WELFARE & DEVELOPMENT - BENGUET", "DSWD · Benguet"],
    ["DEPARTMENT OF HEALTH - CENTER FOR HEALTH DEVELOPMENT, LEYTE", "DOH · Center for Health Development, Leyte"],
  ]) {
    assert.equal(shortenOrganization(name), short);
  }
});

test("a name that is no office of such an agency stays as it is", () => {
  for (const name of [
    "DEPARTMENT OF HEALTH",
    "DEPARTMENT OF HEALTHY FOODS - CEBU",
    "DEPARTMENT OF AGRICULTURE -",
    "MUNICIPALITY OF JARO, LANAO DEL SUR",
    "",
  ]) {
    assert.equal(shortenOrganization(name), name);
  }
});
