#!/usr/bin/env python3
"""Writes the layouts of central banks, portals and programs that the tests of the import read.

    python3 layouts.py

Made with openpyxl 3.1.5, odfpy 1.4.1 and xlwt 1.3.0. Forms after the services' own downloads, numbers invented. The files that stand
beside the ones written here (currency_sign.csv, datetime.csv, ...) are written by hand.
"""

import datetime
import pathlib
import zipfile

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

HERE = pathlib.Path(__file__).parent
DAYS = [datetime.date(2025, 1, day) for day in (2, 3, 6, 7, 8, 9, 10, 13, 14, 15)]
VALUES = [996.1, 998.25, 1003.75, 1007.1, 1011.82, 1009.4, 1004.06, 999.9, 1001.3, 1005.44]
PAIRS = list(zip(DAYS, VALUES))


def es(value, decimals=2):
    return f"{value:,.{decimals}f}".replace(",", "_").replace(".", ",").replace("_", ".")


def write(name, text, encoding="utf-8", newline="\r\n"):
    (HERE / name).write_bytes(text.replace("\n", newline).encode(encoding))


def lines(row, pairs=PAIRS):
    return "".join(row(day, value) + "\n" for day, value in pairs)


def spanish():
    write("es_bcch_semicolon.csv", "Dólar observado;\nPesos por dólar;\n\nPeriodo;1.Dólar observado\n"
          + lines(lambda d, v: f"{d:%d-%m-%Y};{es(v)}") + "\nFuente: Banco Central de Chile;\n", "latin-1")
    write("es_investing.csv", '"Fecha","Último","Apertura","Máximo","Mínimo","Vol.","% var."\n'
          + lines(lambda d, v: f'"{d:%d.%m.%Y}","{es(v)}","{es(v - 1)}","{es(v + 2)}","{es(v - 3)}","","0,11%"', PAIRS[::-1]), "utf-8-sig")
    write("es_banxico.csv", '"Banco de México",\n"Tipo de cambio, fecha de determinación (FIX)",\n"Fecha","SF43718"\n'
          + lines(lambda d, v: f"{d:%d/%m/%Y},{v / 50:.4f}" if d.day != 6 else f"{d:%d/%m/%Y},N/E"), "latin-1")
    write("es_bcra.csv", "Fecha;Valor\n" + lines(lambda d, v: f"{d:%d/%m/%Y};{es(v)}"))
    write("es_trm_colombia.csv", "VALOR,UNIDAD,VIGENCIADESDE,VIGENCIAHASTA\n"
          + lines(lambda d, v: f"{v * 4:.2f},COP,{d}T00:00:00.000,{d}T00:00:00.000"))
    months = "Ene Feb Mar Abr May Jun Jul Ago Set Oct Nov Dic".split()
    write("es_bcrp_peru.csv", '"Día/Mes/Año","Tipo de cambio - TC Interbancario (S/ por US$) - Venta"\n'
          + lines(lambda d, v: f'"{d:%d}{months[d.month - 1]}{d:%y}","{v / 270:.4f}"' if d.day != 9 else f'"{d:%d}Ene{d:%y}","n.d."'))
    write("es_excel_unicode.txt", "Fecha\tDólar\n" + lines(lambda d, v: f"{d:%d-%m-%Y}\t{es(v)}"), "utf-16")
    write("es_excel_pesos.csv", "Fecha;Día;Precio\n" + lines(lambda d, v: f"{d:%d/%m/%y};jueves;$ {es(v)}" if d.day != 7 else f"{d:%d/%m/%y};martes;s/i")
          + f"Promedio;;$ {es(sum(VALUES) / len(VALUES))}\n", "cp1252")
    write("es_meses.csv", "Mes;Valor\n" + "".join(f"{m} 2024;{es(900 + 7.3 * i)}\n" for i, m in enumerate(months)))
    write("es_fecha_larga.csv", "Fecha|Cierre\n" + lines(lambda d, v: f"jueves {d.day} de enero de 2025|{v:.2f}"))
    write("es_matriz.csv", "Día;Enero;Febrero;Marzo\n" + "".join(f"{i};{es(990 + i)};{es(991 + i)};{es(992 + i)}\n" for i in range(1, 29)))
    write("es_compra_venta.csv", "fecha,compra,venta\n" + lines(lambda d, v: f"{d},{v - 1:.2f},{v + 1:.2f}"))
    write("es_puntos_de_miles.csv", "fecha,valor\n" + lines(lambda d, v: f"{d}," + es(v + 10, 0)))
    write("es_pagina.xls", "<html><head><meta charset='utf-8'></head><body><table><tr><th>Fecha</th><th>Valor</th></tr>"
          + lines(lambda d, v: f"<tr><td>{d}</td><td>{v}</td></tr>") + "</table></body></html>")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Cuadro"
    for row in (["Tipo de cambio"], ["Dólar observado (pesos por dólar)"], [], ["Periodo", "1.Dólar observado"]):
        sheet.append(row)
    for day, value in PAIRS:
        sheet.append([datetime.datetime(day.year, day.month, day.day), "ND" if day.day == 8 else value])
    sheet.append(["Fuente: Banco Central de Chile"])
    book.create_sheet("Notas").append(["Las cifras son provisorias"])
    book.save(HERE / "es_bcch_cuadro.xlsx")
    book = xlwt.Workbook()
    sheet = book.add_sheet("Cotizaciones")
    date = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for column, name in enumerate(("Fecha", "Cotización", "Variación")):
        sheet.write(0, column, name)
    for row, (day, value) in enumerate(PAIRS, 1):
        sheet.write(row, 0, day, date)
        sheet.write(row, 1, value)
        sheet.write(row, 2, 0.1)
    book.save(HERE / "es_cotizaciones.xls")


def english():
    write("en_investing.csv", '"Date","Price","Open","High","Low","Vol.","Change %"\n'
          + lines(lambda d, v: f'"{d:%m/%d/%Y}","{v:,.2f}","{v - 1:,.2f}","{v + 2:,.2f}","{v - 3:,.2f}","","0.11%"', PAIRS[::-1]), "utf-8-sig")
    write("en_yahoo.csv", "Date,Open,High,Low,Close,Adj Close,Volume\n"
          + lines(lambda d, v: f"{d},{v},{v + 1},{v - 1},{v},{v - 9},0" if d.day != 10 else f"{d},null,null,null,null,null,null"), newline="\n")
    write("en_fred.csv", "observation_date,DEXCHUS\n" + lines(lambda d, v: f"{d},{v / 138:.4f}" if d.day != 9 else f"{d},"), newline="\n")
    write("en_fred_old.csv", "DATE,DEXCHUS\n" + lines(lambda d, v: f"{d},{v / 138:.4f}" if d.day != 9 else f"{d},."), newline="\n")
    write("en_bis.csv", "FREQ,REF_AREA,CURRENCY,COLLECTION,UNIT_MULT,TITLE,TIME_PERIOD,OBS_VALUE\n"
          + lines(lambda d, v: f'D,CL,CLP,A,0,"USD, Chile",{d},{v}' if d.day != 9 else f'D,CL,CLP,A,0,"USD, Chile",{d},NaN'))
    write("en_metatrader.csv", lines(lambda d, v: f"{d:%Y.%m.%d},00:00,{v - 1:.2f},{v + 1:.2f},{v - 2:.2f},{v:.2f},5120"))
    write("en_tradingview.csv", "time,open,high,low,close,Volume\n" + lines(
        lambda d, v: f"{int(datetime.datetime(d.year, d.month, d.day, tzinfo=datetime.timezone.utc).timestamp())},{v - 1},{v + 1},{v - 2},{v},1"))
    write("en_google_finance.csv", "Date,Close\n" + lines(lambda d, v: f"{d.month}/{d.day}/{d.year} 16:00:00,{v}"))
    write("en_bank_of_england.csv", "DATE,XUDLUSS\n" + lines(lambda d, v: f"{d:%d %b %y},{v / 800:.4f}"))
    write("en_rba.csv", "F11.1 EXCHANGE RATES,,\nTitle,A$1=USD,Trade-weighted Index\nDescription,AUD/USD Exchange Rate,Index\nFrequency,Daily,Daily\n"
          "Series ID,FXRUSD,FXRTWI\n" + lines(lambda d, v: f"{d:%d-%b-%Y},{v / 1600:.4f},{v / 16:.1f}"))
    write("en_fed_h10.csv", "Date,Rate\n" + lines(lambda d, v: f"{d:%d-%b-%y},{v}" if d.day != 9 else f"{d:%d-%b-%y},ND"))
    write("en_us_dates.csv", "Date,Value\n" + lines(lambda d, v: f"{d:%b} {d.day} {d.year},{v}").replace("Jan 2 ", "January 2 "))
    write("en_swiss.csv", "Date;Value\n" + lines(lambda d, v: f"{d};{v:,.2f}".replace(",", "’")))
    write("en_day_first.csv", "date,value\n" + lines(lambda d, v: f"{d:%d/%m/%Y},{v}", PAIRS[:7]))
    write("en_intraday.csv", "time,close\n" + lines(lambda d, v: f"{d} 09:00:00,{v}\n{d} 17:00:00,{v + 1}"))
    write("en_document.csv", "%PDF-1.7\n1 0 obj\n")
    write("en_service.csv", '{"serie":[{"fecha":"2025-01-02","valor":996.1}]}')
    header = "Date,USD,JPY,BGN,CLF,GBP,\n"
    rows = lines(lambda d, v: f"{d},{v / 960:.4f},{v / 6:.2f},1.9558,N/A,{v / 1200:.5f},", PAIRS[::-1])
    with zipfile.ZipFile(HERE / "en_eurofxref-hist.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("eurofxref-hist.csv", (2025, 1, 15, 0, 0, 0)), header + rows)
    document = OpenDocumentSpreadsheet()
    table = Table(name="Rates")
    for cells in [("Day", "Value")] + PAIRS:
        row = TableRow()
        for cell in cells:
            if isinstance(cell, str):
                row.addElement(TableCell(valuetype="string"))
                row.lastChild.addElement(P(text=cell))
            elif isinstance(cell, datetime.date):
                row.addElement(TableCell(valuetype="date", datevalue=cell.isoformat()))
            else:
                row.addElement(TableCell(valuetype="float", value=cell))
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(HERE / "en_libreoffice.ods")
    book = openpyxl.Workbook()
    for name in ("USD", "EUR"):
        sheet = book.active if name == "USD" else book.create_sheet()
        sheet.title = name
        sheet.append(["Date", "Close"])
        for day, value in PAIRS:
            sheet.append([day, value])
    book.save(HERE / "en_two_sheets.xlsx")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Date", "Value"])
    for day, value in PAIRS:
        # An American Excel opened a file with dd/mm/yyyy.
        swapped = datetime.date(2025, day.day, 1) if day.day <= 12 else f"{day:%d/%m/%Y}"
        sheet.append([swapped, value])
    book.save(HERE / "en_swapped_dates.xlsx")


spanish()
english()
